"""Lets every test of attention import `attention_oracles`, whichever comes first."""
