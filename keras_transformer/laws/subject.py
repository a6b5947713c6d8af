"""A candidate as the laws see it: called by role, whatever its arguments are named."""

import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_transformer.laws import kinds
from keras_transformer.laws.answers import LawBroken, NotApplicable, NotWritten
from keras_transformer.laws.inputs import plain, values
from keras_transformer.laws.rebuilding import (
    config_of,
    differences,
    everywhere,
    noises,
    rebuilt,
    rest,
    with_value,
)
from keras_transformer.laws.roles import assign, first_line, guarded


class _Shared:
    """What was made for earlier laws: copies by their inputs, variants, answers."""

    def __init__(self):
        self.built = {}
        self.variants = {}
        self.answers = {}
        self.first_inputs = None  # of what cannot be copied, and so is built once


class Subject:
    """A candidate with its kind and traits.

    Args:
        candidate: A layer, a model, a function.
        kind: What it is, such as `"weighting"`.
        traits: What is special about it, such as `"soft"`.
        reference: What it claims to be like, where that is an instance: options that
            the candidate does not name are read from there.
        shared: What the laws of one check share; what is built is added.
    """

    def __init__(
        self,
        candidate: Any,
        kind: str,
        traits: Any = frozenset(),
        reference: Any = None,
        shared: bool | None = None,
    ):
        self._given = candidate
        self._judged = candidate
        self._is_ours = False
        self.is_calm = False
        self.begun = ()
        self.kind = kind
        self.traits = frozenset(traits)
        self.reference = reference
        self._shared = _Shared() if shared is None else shared

    @property
    def candidate(self) -> Any:
        """What is judged: for a law a copy, made when it is first asked for."""
        if self._judged is None:
            self._judged, self._is_ours = self._copy()
        return self._judged

    @property
    def given(self) -> Any:
        """The candidate itself, to look at: a law changes only its copy."""
        return self._given

    @property
    def is_layer(self) -> bool:
        """Whether the candidate is a Keras layer, with a dtype policy and weights."""
        return isinstance(self._given, keras.layers.Layer)

    @property
    def tolerance(self) -> float:
        """How far results may be off, by the candidate's compute dtype."""
        dtype = getattr(self._given, "compute_dtype", "float32")
        return {"bfloat16": 0.06, "float16": 0.01}.get(dtype, 2e-4)

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute of the candidate."""
        if self._judged is None and not callable(getattr(self._given, name, None)):
            return getattr(self._given, name, default)
        return getattr(self.candidate, name, default)

    def has(self, *names: str) -> bool:
        """Whether the candidate has these attributes."""
        return all(hasattr(self._given, name) for name in names)

    def option(self, name: str, default: Any = None) -> Any:
        """An attribute of the candidate or, where it has none, of the reference."""
        found = self.get(name)
        if found is None:
            found = getattr(self.reference, name, None)
        return default if found is None else found

    def remade(self, **changes: Any) -> "Subject":
        """The candidate built anew from its config, with changes.

        Raises:
            NotApplicable: If it has no config, or no such argument.
        """
        config = config_of(self._given)
        unknown = sorted(set(changes) - set(config))
        if unknown:
            raise NotApplicable(f"it has no option {', '.join(unknown)}")
        return self._variant({**config, **changes}, f"with {sorted(changes.items())}")

    def under(self, policy: str) -> "Subject":
        """The candidate under another dtype policy, all its parts included."""
        if not self.is_layer:
            raise NotApplicable("it has no dtype policy")
        config = with_value(config_of(self._given), policy, "dtype")
        with everywhere(policy):  # for parts that are not told a policy
            return self._variant(config, f"under {policy}")

    def calm(self) -> "Subject":
        """The candidate without dropout: neither as an option nor in its parts.

        Raises:
            NotApplicable: If it drops, and cannot be copied.
        """
        names = ("dropout", "attention_dropout", "hidden_dropout")
        try:
            config = with_value(config_of(self._given), 0.0, *names)
            made = self._variant(config, "without dropout")
        except NotApplicable:
            made = Subject(self._given, self.kind, self.traits, self.reference)
            made._judged = None
            if noises(made.candidate) and not made._is_ours:
                raise
        made.is_calm = True
        return made

    def _variant(self, config, name):
        """Another subject; the laws of one check share what was built for it."""
        changed = differences(config_of(self._given), config)
        known = self._shared.variants.get(name)
        if known is not None:
            return known.fresh()
        if not changed and name != "without dropout":
            return self.fresh()
        layer = rebuilt(self._given, config, changed)
        made = Subject(layer, self.kind, self.traits, self.reference)
        made._is_ours = True
        self._shared.variants[name] = made
        return made

    def fresh(self) -> "Subject":
        """An unbuilt copy where that is possible, the candidate itself otherwise."""
        made = Subject(
            self._given, self.kind, self.traits, self.reference, self._shared
        )
        made._judged, made.is_calm = None, self.is_calm
        return made

    def _copy(self):
        """A copy and whether it is one: what cannot be copied is judged itself."""
        if self.is_layer:
            try:
                return rebuilt(self._given, config_of(self._given)), True
            except NotApplicable:
                pass
        return self._given, False

    def built_by(self, call: Callable, inputs: Any = None) -> "Subject":
        """The candidate, built by a call, with weights that are the same in every run.

        To build costs most of what a law takes. So the laws of one check share what
        was built by the same call: its weights are set again, nothing else changes.
        `begun` tells its matrices as they began, by path.

        Args:
            call: Calls the candidate, which builds it.
            inputs: What tells the inputs of this call from those of another.
        """
        built, begun, states = self._shared.built.get(inputs, (None, (), ()))
        if built is not None and (self._judged is None or self._judged is built):
            self._judged, self.begun = built, begun
            for variable, value in states:
                variable.assign(value)
            return self
        is_new = self._judged is None or not getattr(self._judged, "built", True)
        self._require_first(inputs)
        call()
        if self.is_calm:
            rest(self.candidate)
        if self.is_layer:
            weights = self.candidate.trainable_weights
            self.begun = [(w.path, values(w)) for w in weights if len(w.shape) > 1]
        self.settled()
        if is_new and self._is_ours:
            states = [(v, values(v)) for v in self.candidate.variables]
            self._shared.built[inputs] = self.candidate, self.begun, states
        return self

    def _require_first(self, inputs):
        """What was built once, and cannot be copied, is asked with like inputs only."""
        if not self.is_layer or self.candidate is not self._given or self._is_ours:
            return
        first, self._shared.first_inputs = self._shared.first_inputs, inputs
        if first is not None and first != inputs:
            self._shared.first_inputs = first
            raise NotApplicable("it cannot be built anew, for inputs of other widths")

    def answered(self, name: str, ask: Callable) -> Any:
        """What a question gives that more than one law asks of what `built_by` built.

        Args:
            name: Tells this question from others.
            ask: Asks it; its result is not to be changed.
        """
        answers = self._shared.answers
        if name not in answers:
            answers[name] = ask()
        return answers[name]

    def settled(self) -> "Subject":
        """The candidate with weights that are the same in every run."""
        if self.is_layer:
            generator = np.random.default_rng(17)
            for weight in self.candidate.trainable_weights:
                fan_in = max(1, int(np.prod(weight.shape[:-1])))
                noise = generator.normal(size=weight.shape)
                if len(weight.shape) > 1:
                    weight.assign(noise / np.sqrt(fan_in))
                else:
                    middle = round(float(values(weight).mean()))  # 1 for a gain
                    weight.assign(middle + 0.2 * noise)
        return self

    def call(self, **roles: Any) -> Any:
        """Call the candidate with arguments by role.

        Raises:
            NotApplicable: If it takes no such argument.
            LawBroken: If it raised.
            NotWritten: If it raised NotImplementedError.
        """
        return self.call_with({}, **roles)

    def call_with(self, options: dict[str, Any], **roles: Any) -> Any:
        """As `call`, with options by their own names besides."""
        arguments, keywords = assign(self.candidate, roles)
        return guarded(self.candidate, *arguments, **keywords, **options)

    def __call__(self, **roles: Any) -> Any:
        return plain(self.call(**roles))


def subject(
    candidate: Any, kind: str | None = None, traits: Any = None, like: Any = None
) -> "Subject":
    """Wrap a candidate for the laws, as a copy; what is wrapped already stays as it is.

    Args:
        candidate: A layer, a model, a function, or a class without arguments.
        kind: Its kind; found from `like`, or from the candidate, by default.
        traits: Its traits; found likewise by default.
        like: A reference whose kind and traits the candidate claims.
    """
    if isinstance(candidate, Subject):
        return candidate
    if inspect.isclass(candidate):
        candidate = instance(candidate)
    if kind is None or traits is None:
        model = candidate if like is None else like
        found_kind, found_traits = kinds.describe(model, kind)
        kind = found_kind if kind is None else kind
        traits = found_traits if traits is None else traits
    is_instance = like is not None and not isinstance(like, str | type)
    return Subject(candidate, kind, traits, like if is_instance else None).fresh()


def instance(candidate: Any) -> Any:
    """Build a class that needs no arguments.

    Raises:
        LawBroken: If it needs some.
    """
    try:
        return candidate()
    except NotImplementedError as error:
        raise NotWritten(str(error) or "it raises NotImplementedError") from error
    except Exception as error:
        raise LawBroken(
            f"{candidate.__name__} cannot be built without arguments; hand over an "
            f"instance, {candidate.__name__}(…), not the class: {first_line(error)}"
        ) from error
