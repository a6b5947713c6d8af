"""Sound as a Transformer reads it: frames of logarithmic mel energies, in NumPy.

Axes: `n` samples, `t` frames, `k` frequencies of the Fourier transform, `m` mel bands.
"""

import numpy as np

WINDOW = 0.025  # seconds that a frame hears
STEP = 0.010  # seconds from a frame to the next
BANDS = 32
FLOOR = 1e-7  # of the energy: the logarithm of silence is finite


def log_mel(
    samples: np.ndarray,
    rate: int = 8000,
    window: float = WINDOW,
    step: float = STEP,
    bands: int = BANDS,
) -> np.ndarray:
    """How much energy a clip has, every hundredth of a second, in bands of pitch.

    Each frame is a piece of 25 ms, faded in and out by a Hann window; the squared
    sizes of its Fourier transform are its power spectrum; triangular filters, as wide
    as the ear's resolution, sum it up; the logarithm makes twice as loud one step.

    Args:
        samples: Float `[n]` in −1 … 1.
        rate: Samples a second.
        window: Seconds that a frame hears.
        step: Seconds from the beginning of a frame to that of the next.
        bands: Number of bands, `m`.

    Returns:
        Float32 `[t, m]` with `t = 1 + (n − window) // step`, counted in samples; a clip
        shorter than a window is filled up with silence to one frame. Silence is
        `log(1e-7)` in every band.

    Raises:
        ValueError: If the samples are not `[n]`, or are none.

    Example:
        >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
        >>> frames = log_mel(tone)
        >>> frames.shape, int(frames[50].argmax())  # a second; 1000 hertz
        ((98, 32), 14)

    Source: Davis and Mermelstein 1980, without their cosine transform.
    """
    samples = np.asarray(samples, "float32")
    if samples.ndim != 1 or not len(samples):
        raise ValueError(f"samples must be [n], one or more, got {samples.shape}")
    spectrum = power_spectrum(samples, round(window * rate), round(step * rate))
    filters = mel_filters(bands, spectrum.shape[1], rate)
    return np.log(spectrum @ filters.T + FLOOR).astype("float32")


def power_spectrum(samples: np.ndarray, window: int, step: int) -> np.ndarray:
    """The power of each frequency in each frame.

    Args:
        samples: Float `[n]`.
        window: Samples in a frame.
        step: Samples from the beginning of a frame to that of the next.

    Returns:
        Float `[t, k]`, `k = size // 2 + 1`, where `size` is the next power of two from
        `window`; frequency `j` is `j · rate / size` hertz. A sine of size 1 at one of
        these frequencies has the power 1/4 there, up to what leaks.
    """
    if len(samples) < window:
        samples = np.pad(samples, (0, window - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::step]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    size = 1 << (window - 1).bit_length()
    return np.abs(np.fft.rfft(frames * hann, size) / hann.sum()) ** 2


def mel(hertz: np.ndarray | float) -> np.ndarray | float:
    """The mel scale: equal steps sound equally far apart; 1000 hertz are 1000 mel."""
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def hertz(mels: np.ndarray | float) -> np.ndarray | float:
    """The frequency of a place on the mel scale."""
    return 700 * (10 ** (np.asarray(mels) / 2595) - 1)


def mel_filters(bands: int, frequencies: int, rate: int) -> np.ndarray:
    """Triangles on the frequency axis, with equal distances on the mel scale.

    Args:
        bands: Number of triangles, `m`.
        frequencies: Number of frequencies from 0 to `rate / 2`, `k`.
        rate: Samples a second.

    Returns:
        Float `[m, k]`: a triangle is 1 at its centre, and 0 from the centres of its
        neighbours on.

    Source: O'Shaughnessy 1987, the formula of the mel scale.
    """
    corners = hertz(np.linspace(0, mel(rate / 2), bands + 2))
    low, centre, high = (corners[i : i + bands, None] for i in range(3))
    axis = np.linspace(0, rate / 2, frequencies)[None]
    rising, falling = (axis - low) / (centre - low), (high - axis) / (high - centre)
    return np.maximum(0, np.minimum(rising, falling))


def stacked(frames: np.ndarray, count: int) -> np.ndarray:
    """Neighbouring frames side by side, so that there are fewer to attend to.

    Args:
        frames: Float `[t, m]`.
        count: How many become one.

    Returns:
        Float `[⌈t / count⌉, count · m]`; the last is filled up with its last frame.

    Example:
        >>> stacked(np.array([[1.0], [2.0], [3.0]]), 2).tolist()
        [[1.0, 2.0], [3.0, 3.0]]
    """
    missing = -len(frames) % count
    frames = np.concatenate([frames, np.repeat(frames[-1:], missing, axis=0)])
    return frames.reshape(len(frames) // count, -1)
