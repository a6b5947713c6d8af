"""Trained translators in the forms of others: for engines that know no code of ours."""
