"""The tests of `-m quick`: together they touch every room, in less than a minute.

Of each file those run whose names one of the patterns finds. What compiles, trains or
starts a process stays out.
"""

ALL = ("",)

QUICK = {
    "attention/test_attention.py": ("then_weigh", "equals_the_attention", "a_bias"),
    "attention/test_multi_head.py": ("equals_the_multi", "cached_steps", "refused"),
    "attention/test_scores.py": ("equations", "refuse"),
    "attention/test_weightings.py": ("equations", "exactly_k"),
    "classroom/test_lessons_laid_out.py": ALL,
    "cli/test_help.py": ALL,
    "corpora/test_files.py": ALL,
    "corpora/test_registry.py": ("complete", "phrasebook_comes"),
    "course/measure/test_order.py": ALL,
    "course/studies/test_studies.py": ("published",),
    "decoding/test_beam.py": (r"width_1.*\[float32", "without_early_stop"),
    "decoding/test_greedy.py": ("sentences_end", "longest", "padding", "fed_with"),
    "decoding/test_logits.py": ALL,
    "ecosystem/test_ecosystem.py": ("page", "written"),
    "laws/test_check.py": ALL,
    "laws/test_layers_obey.py": (
        # No stacks, and one of each pair that differs in an option.
        r"a_layer_obeys_every_law\[(?!.*(coder,|Stack|post|chunked|gumbel|renorm))",
    ),
    "models/recurrent/test_recurrent_encoder.py": ("padding", "empty"),
    "models/test_block.py": ("equations",),
    "models/test_sublayers.py": ("by_hand",),
    "models/test_saving.py": (r"a_saved_model_comes_back.*\[plain",),
    "models/test_transformer.py": (r"ignore_the_target.*\[pre", "counted_by_hand"),
    "plots/test_figures.py": ALL,
    "plots/test_views.py": ALL,
    "positions/test_relative.py": ALL,
    "positions/test_rotary.py": ALL,
    "positions/test_sinusoidal.py": ALL,
    "randomness/test_dropout.py": ALL,
    "soak/test_soak.py": ("damage", "parts_that"),
    "system/test_files_on_disk.py": ALL,
    "test_architecture.py": ALL,
    "test_citation.py": ALL,
    "test_docstrings.py": ALL,
    "test_imports.py": ALL,
    "test_masks.py": ALL,
    "test_pages.py": ALL,
    "test_quick.py": ALL,
    "test_signatures.py": ALL,
    "text/test_sentences.py": ALL,
    "text/test_vocabulary.py": ALL,
    "training/test_length_buckets.py": ALL,
    "training/test_losses.py": ALL,
    "training/test_schedules.py": ALL,
    "translation/test_evaluation.py": ALL,
    "translation/test_recipes.py": ("from_json", "room", "another_version"),
    "zoo/test_zoo.py": ("no_two", "up_to_date"),
}
