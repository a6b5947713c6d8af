"""Long text in sentences."""

import re

# After a full stop, question or exclamation mark that white space follows; the
# Chinese and Japanese marks need no space. Closing quotes and brackets go with them.
_END = re.compile(r"""(?<=[.!?…])(?=\s)|(?<=[.!?…]["'”’»)\]])(?=\s)|(?<=[。！？])""")


def split_sentences(text: str) -> list[str]:
    """Cut a text after each sentence, and at each line break.

    A rule of thumb for text that is too long to be translated at once: it also cuts
    after an abbreviation such as "z. B.".

    Args:
        text: Any text.

    Returns:
        The sentences, without white space around them; none is empty.

    Example:
        >>> split_sentences("Ruf an! Er kommt um 3.15 Uhr.")
        ['Ruf an!', 'Er kommt um 3.15 Uhr.']
        >>> split_sentences("你好。欢迎！")
        ['你好。', '欢迎！']
    """
    parts = (part for line in text.splitlines() for part in _END.split(line))
    return [part.strip() for part in parts if part.strip()]
