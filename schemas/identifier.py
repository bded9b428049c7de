"""The personal identifier (số định danh cá nhân): 12 digits, and what they say about their owner.

The structure (NĐ 137/2015 art. 13; TT 07/2016/TT-BCA annex 1) is `PPP G YY RRRRRR`: province of birth registration or
country, century and sex, year of birth, six random digits, no check digit. Luật Căn cước 2023 art. 12 no longer fixes
it, and numbers can be re-established, so a mismatch is a warning with its reason, never a refusal.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_DIGITS = re.compile(r"[0-9]{12}")
_SEPARATORS = re.compile(r"[\s.]")

PROVINCES: dict[str, str] = {
    "001": "Hà Nội", "002": "Hà Giang", "004": "Cao Bằng", "006": "Bắc Kạn", "008": "Tuyên Quang", "010": "Lào Cai",
    "011": "Điện Biên", "012": "Lai Châu", "014": "Sơn La", "015": "Yên Bái", "017": "Hòa Bình",
    "019": "Thái Nguyên", "020": "Lạng Sơn", "022": "Quảng Ninh", "024": "Bắc Giang", "025": "Phú Thọ",
    "026": "Vĩnh Phúc", "027": "Bắc Ninh", "030": "Hải Dương", "031": "Hải Phòng", "033": "Hưng Yên",
    "034": "Thái Bình", "035": "Hà Nam", "036": "Nam Định", "037": "Ninh Bình", "038": "Thanh Hóa", "040": "Nghệ An",
    "042": "Hà Tĩnh", "044": "Quảng Bình", "045": "Quảng Trị", "046": "Thừa Thiên Huế", "048": "Đà Nẵng",
    "049": "Quảng Nam", "051": "Quảng Ngãi", "052": "Bình Định", "054": "Phú Yên", "056": "Khánh Hòa",
    "058": "Ninh Thuận", "060": "Bình Thuận", "062": "Kon Tum", "064": "Gia Lai", "066": "Đắk Lắk",
    "067": "Đắk Nông", "068": "Lâm Đồng", "070": "Bình Phước", "072": "Tây Ninh", "074": "Bình Dương",
    "075": "Đồng Nai", "077": "Bà Rịa-Vũng Tàu", "079": "TP Hồ Chí Minh", "080": "Long An", "082": "Tiền Giang",
    "083": "Bến Tre", "084": "Trà Vinh", "086": "Vĩnh Long", "087": "Đồng Tháp", "089": "An Giang",
    "091": "Kiên Giang", "092": "Cần Thơ", "093": "Hậu Giang", "094": "Sóc Trăng", "095": "Bạc Liêu",
    "096": "Cà Mau",
}  # fmt: skip
"""Province codes of TT 07/2016/TT-BCA annex 1; the mergers of 2025 did not change numbers already given."""

_FIRST_COUNTRY_CODE = 100


@dataclass(frozen=True, slots=True)
class PersonalIdentifier:
    """A 12-digit personal identifier. `str()` and `repr()` are masked: it never ends up in a log by accident."""

    digits: str

    def __post_init__(self) -> None:
        if not _DIGITS.fullmatch(self.digits):
            message = "a personal identifier has 12 digits"
            raise ValueError(message)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the identifier written as *text*; spaces and dots between digits are allowed.

        Raises:
            ValueError: if there are not exactly 12 digits. The message does not repeat the text.
        """
        return cls(_SEPARATORS.sub("", text))

    def __str__(self) -> str:
        return f"{self.digits[:3]}******{self.digits[-3:]}"

    def __repr__(self) -> str:
        return f"PersonalIdentifier({self})"

    @property
    def province(self) -> str | None:
        """The province that registered the birth, or None for a country code or an unknown one."""
        return PROVINCES.get(self.digits[:3])

    @property
    def sex(self) -> str:
        """`nam` or `nữ`, as the fourth digit says (even: male)."""
        return "nữ" if int(self.digits[3]) % 2 else "nam"

    @property
    def birth_year(self) -> int:
        """The year of birth that the fourth to sixth digits say (1900 to 2399)."""
        return 1900 + 100 * (int(self.digits[3]) // 2) + int(self.digits[4:6])

    def mismatches(self, *, sex: str | None = None, birth: date | int | None = None) -> tuple[str, ...]:
        """Return what about the number does not fit its structure or the given facts, in words; empty when all fits.

        Args:
            sex: `nam` or `nữ` as printed on the paper.
            birth: date or year of birth as printed on the paper.
        """
        found = []
        if self.province is None and int(self.digits[:3]) <= _FIRST_COUNTRY_CODE:
            found.append(f"{self.digits[:3]} is not a province code")
        if sex is not None and sex != self.sex:
            found.append(f"the fourth digit says {self.sex}, the paper says {sex}")
        year = birth.year if isinstance(birth, date) else birth
        if year is not None and year != self.birth_year:
            found.append(f"the digits say born in {self.birth_year}, the paper says {year}")
        return tuple(found)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read from and write to a JSON string of 12 digits."""
        digits = core_schema.str_schema(pattern=r"^[0-9]{12}$")
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(cls, digits),
            python_schema=core_schema.no_info_plain_validator_function(_identifier),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: value.digits, return_schema=digits
            ),
        )


def _identifier(value: object) -> PersonalIdentifier:
    return (
        value if isinstance(value, PersonalIdentifier) else PersonalIdentifier(value if isinstance(value, str) else "")
    )
