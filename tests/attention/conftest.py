"""Its folder is where `attention_oracles` is found, from `kernels` too."""
