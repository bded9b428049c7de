"""The grammar of the Vietnamese syllable: onset, rime and tone.

It tells a misread word (`đât`, `tnường`) from one that can be Vietnamese. It is evidence about a reading, never a
reason to change one: names of the mountain peoples and foreign names need not follow it.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

from pipeline.understand.folding import without_tone

_ONSETS: Final = frozenset(
    "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split()  # noqa: SIM905 - read as a table
) | {""}
_RIMES: Final = frozenset(
    """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
    i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu y yt ych ynh yên yêm yêng yêt yêu
    o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong
    op ot ô ôc ôi ôm ôn ông ôp ôt ôông ơ ơi ơm ơn ơp ơt
    u ua uc ui um un ung up ut uân uâng uât uây uê uêch uênh uơ uy uya uych uyên uyêt uyn uynh uyp uyt uyu
    uôc uôi uôm uôn uông uôt ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
    """.split()  # noqa: SIM905 - read as a table
)
_BEFORE_FRONT: Final = ("gh", "ngh")
"""Onsets that are only written before e, ê and i; `c` and `ng` are never written there."""
_NOT_BEFORE_FRONT: Final = ("c", "ng")
_STOPS: Final = ("c", "ch", "p", "t")
_SHARP_AND_HEAVY: Final = {"\u0301", "\u0323"}


@cache
def is_syllable(word: str) -> bool:
    """Return whether *word* can be one Vietnamese syllable; capitals do not matter.

    A syllable closed by c, ch, p or t carries sắc or nặng (`đất`, never `đât`): the rule that catches most lost tones.
    """
    bare, tones = without_tone(word.lower())
    parts = ((bare[:cut], bare[cut:]) for cut in range(min(3, len(bare)) + 1))
    if len(tones) > 1 or not any(_fits(onset, rime) for onset, rime in parts):
        return False
    return not bare.endswith(_STOPS) or bool(tones & _SHARP_AND_HEAVY)


def _fits(onset: str, rime: str) -> bool:
    front = rime.startswith(("e", "ê", "i"))
    spelt = onset not in (_NOT_BEFORE_FRONT if front else _BEFORE_FRONT)
    return spelt and onset in _ONSETS and rime in _RIMES


def implausible(words: Iterable[str]) -> list[str]:
    """Return the words that cannot be Vietnamese syllables; marks at their ends are not looked at."""
    stripped = (word.strip(".,;:()\"'“”-/") for word in words)
    return [word for word in stripped if word.isalpha() and not is_syllable(word)]
