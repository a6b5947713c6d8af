"""Lower case, code point by code point."""

import functools
import types
import typing


@functools.cache
def lower_cases() -> typing.Mapping[int, int]:
    """Every code point that has a lower case, ascending, and that lower case.

    The ready-made ones do not do here: case folding turns `Straße` into `strasse`, and
    `tf.strings.lower` follows the locale of the process, so that `I` becomes `ı` on a
    Turkish machine and a saved model would depend on where it is loaded.
    """
    # str.lower() gives two characters for İ only; the first is its simple mapping.
    return types.MappingProxyType(
        {
            code: ord(chr(code).lower()[0])
            for code in range(0x110000)
            if chr(code).lower() != chr(code)
        }
    )
