"""Dark on light or light on dark: what is read best on a colour."""

from collections.abc import Sequence


def luminance(colour: Sequence[float]) -> float:
    """Compute how light a colour looks, from 0 for black to 1 for white.

    Args:
        colour: Red, green and blue from 0 to 1.

    Example:
        >>> round(luminance((0.0, 1.0, 0.0)), 4)
        0.7152

    Source: Web Content Accessibility Guidelines 2.2, relative luminance.
    """
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(colour: Sequence[float], other: Sequence[float]) -> float:
    """Compute the contrast of two colours, from 1 to 21.

    Args:
        colour: Red, green and blue from 0 to 1.
        other: Red, green and blue from 0 to 1.

    Example:
        >>> round(contrast((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)), 6)
        21.0

    Source: Web Content Accessibility Guidelines 2.2, contrast ratio.
    """
    low, high = sorted((luminance(colour), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(ground: Sequence[float]) -> str:
    """Choose the ink that is read best on a colour.

    Args:
        ground: Red, green and blue from 0 to 1.

    Example:
        >>> ink_on((0.9, 0.9, 1.0)), ink_on((0.0, 0.1, 0.4))
        ('black', 'white')
    """
    black, white = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    return "black" if contrast(ground, black) >= contrast(ground, white) else "white"
