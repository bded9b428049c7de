"""Closed sets and usual words of Vietnamese administration: what a value can be, not how it is found."""

import re
from collections.abc import Iterator
from typing import Final

from pipeline.understand.folding import fold
from schemas.lexicon import communes, ethnic_groups

ETHNIC_GROUPS: Final = tuple(ethnic_groups())
"""The 54 ethnic groups."""

OTHER_SPELLINGS: Final = tuple(other for others in ethnic_groups().values() for other in others)
"""Other ways to write them, and branches that papers name."""

NATIONALITIES: Final = (
    "Việt Nam", "Lào", "Trung Quốc", "Hàn Quốc", "Nhật Bản", "Đài Loan", "Hoa Kỳ", "Thái Lan", "Campuchia", "Đức",
    "Pháp", "Anh", "Nga", "Úc", "Canada", "Ba Lan", "Cộng hòa Séc", "Singapore", "Malaysia", "Philippines", "Ấn Độ",
)  # fmt: skip
"""Nationalities that papers of the province name; with another one a person looks."""

ABBREVIATIONS: Final = frozenset(
    """
    ATGT BCĐ BHXH BHYT CBCC CCCD CCHC CMND CNTT COVID CSDL CĐ CĐS DVC GDĐT GPMB HNGĐ HS HSSV HTX HĐND KHCN KT LLTP
    LĐTBXH MTTQ NCC NNPTNT NSNN NTM PCCC PCTN QLNN QSDĐ ST SV TDTT THCS THPT TNMT TP TT TTATGT TTHC TTPVHCC TW TX
    UBMTTQ UBND VBQPPL XDCB XH YT ĐH
    """.split()  # noqa: SIM905 - read as a table
)
"""Abbreviations that documents use without explaining them: no syllables, and no misread words either."""

KINDS: Final = (
    "Nghị quyết", "Quyết định", "Chỉ thị", "Quy chế", "Quy định", "Thông cáo", "Thông báo", "Hướng dẫn",
    "Chương trình", "Kế hoạch", "Phương án", "Đề án", "Dự án", "Báo cáo", "Biên bản", "Tờ trình", "Hợp đồng",
    "Công điện", "Bản ghi nhớ", "Bản thỏa thuận", "Giấy ủy quyền", "Giấy mời", "Giấy giới thiệu", "Giấy nghỉ phép",
    "Phiếu gửi", "Phiếu chuyển", "Phiếu báo", "Giấy chứng nhận", "Giấy đi đường", "Thư công", "Thông tư",
    "Nghị định", "Phiếu yêu cầu", "Phiếu trình", "Giấy biên nhận",
)  # fmt: skip
"""Kinds of documents (NĐ 30/2020 annex III, and what agencies use beside them)."""

LETTER_KIND: Final = "Công văn"
"""The kind that has no name printed on it: its abstract stands below the number."""

AGENCIES: Final = (
    "ủy ban", "uỷ ban", "ubnd", "hội đồng", "hđnd", "sở", "bộ", "công an", "ban", "trường", "phòng", "cục", "chi cục",
    "tổng cục", "trung tâm", "văn phòng", "viện", "bệnh viện", "tòa án", "toà án", "đại học", "học viện", "bảo hiểm",
    "kho bạc", "đảng ủy", "quỹ", "công ty", "thanh tra", "hội", "liên đoàn", "đoàn", "huyện ủy", "tỉnh ủy", "thành ủy",
)  # fmt: skip
"""What names of agencies begin with."""

POSTS: Final = (
    "chủ tịch", "phó chủ tịch", "giám đốc", "phó giám đốc", "tổng giám đốc", "cục trưởng", "phó cục trưởng",
    "chi cục trưởng", "phó chi cục trưởng", "vụ trưởng", "phó vụ trưởng", "trưởng ban", "phó trưởng ban",
    "trưởng phòng", "phó trưởng phòng", "chánh văn phòng", "phó chánh văn phòng", "chánh thanh tra",
    "phó chánh thanh tra", "hiệu trưởng", "phó hiệu trưởng", "viện trưởng", "phó viện trưởng", "bộ trưởng",
    "thứ trưởng", "thủ tướng", "phó thủ tướng", "bí thư", "phó bí thư", "chánh án", "phó chánh án", "trưởng công an",
    "phó trưởng công an", "chủ nhiệm", "phó chủ nhiệm", "ủy viên", "tổng cục trưởng", "kế toán trưởng", "thị trưởng",
    "chủ tịch ubnd tỉnh", "phó chủ tịch ubnd tỉnh", "chủ tịch ủy ban nhân dân tỉnh", "đội trưởng", "phó đội trưởng",
    "trưởng đoàn", "công chức tư pháp", "tổng biên tập",
)  # fmt: skip
"""Posts in which people sign."""

PROVINCIAL: Final = (
    "ủy ban nhân dân", "hội đồng nhân dân", "công an", "thanh tra", "bảo hiểm xã hội", "tòa án nhân dân",
    "viện kiểm sát nhân dân",
)  # fmt: skip
"""Agencies that every province has, called by its name."""

DEPARTMENTS: Final = (
    "sở nội vụ", "sở tư pháp", "sở tài chính", "sở xây dựng", "sở y tế", "sở công thương", "sở ngoại vụ", "sở du lịch",
    "sở kế hoạch và đầu tư", "sở giáo dục và đào tạo", "sở khoa học và công nghệ", "sở thông tin và truyền thông",
    "sở văn hóa và thể thao", "sở giao thông vận tải", "sở nông nghiệp và phát triển nông thôn",
    "sở nông nghiệp và môi trường", "sở tài nguyên và môi trường", "sở lao động - thương binh và xã hội",
    "sở dân tộc và tôn giáo",
)  # fmt: skip
"""Departments of a province, before 2025 and since."""

LEVELS: Final = ("xã", "phường", "thị trấn", "huyện", "quận", "thị xã", "thành phố", "tỉnh", "đặc khu")
"""Levels of territory: each is followed by a name."""


def _as_called(unit: str) -> str:
    """Return the name of a unit without its level, in small letters; with it where the name is one word (`Vinh`)."""
    name = next((unit.removeprefix(f"{level} ") for level in LEVELS if unit.startswith(f"{level} ")), unit)
    return (name if " " in name else unit).lower()


_DISTRICTS: Final = sorted({_as_called(above) for snapshot in communes()[1] for above in snapshot.communes})

PHRASES: Final = (
    *DEPARTMENTS, "ủy ban nhân dân", "hội đồng nhân dân", "ban chỉ đạo", "bộ công an", "bộ tư pháp", "bộ nội vụ",
    "công an tỉnh", "công an huyện", "công an thành phố", "thanh tra tỉnh", "văn phòng", "trung tâm phục vụ hành chính",
    "ban quản lý", "khu kinh tế", "bảo hiểm xã hội", "kho bạc nhà nước", "thị trấn", "thị xã", "thành phố",
    "tòa án nhân dân", "viện kiểm sát nhân dân", "phòng tư pháp", "chi cục", "tổng cục", "bệnh viện", "trung tâm y tế",
    "trạm y tế", "trường đại học", "trường cao đẳng",
    "sổ hộ tịch", "sổ đăng ký", "cơ sở dữ liệu", "căn cước", "kết hôn", "hôn nhân", "lý lịch tư pháp", "người có công",
    "trợ cấp", "giai đoạn", "giải quyết", "trên địa bàn", "triển khai", "tăng cường", "hướng dẫn", "kiểm tra", "xử lý",
    "biện pháp", "trật tự", "danh mục", "công bố", "khẩn trương", "khen thưởng", "học sinh", "quốc gia", "phòng, chống",
    "thực hiện", "nâng cao", "quy trình", "nội bộ", "dự thảo", "tham gia ý kiến", "kỷ luật, kỷ cương",
    "hồ sơ và", "hồ sơ, kết quả", "tiếp nhận hồ sơ", "hóa hồ sơ", "nộp hồ sơ", "trả kết quả", "kết quả giải quyết",
    "số hóa", "chuyển nhượng", "quyền sử dụng đất", "tổ công tác", "làm sạch dữ liệu", "dữ liệu hộ tịch",
    "hệ thống thông tin", "để nâng cấp", "để thực hiện", "để bổ sung", "để đăng ký", "để làm", "để phục vụ", "để xin",
    "lý lịch", "bản án số", "có án tích", "không có án tích", "đăng ký kết hôn", "chưa đăng ký", "cư trú tại",
    "ung thư", "ung thư phổi", "ung thư gan", "viêm phổi", "nhồi máu cơ tim", "tai biến mạch máu não", "suy thận",
    "suy tim", "tuổi già", "tai nạn giao thông", "dột nát", "vay vốn ngân hàng", "xuất khẩu lao động", "mua bán",
    "sổ đỏ", "sổ gốc", "sổ hộ khẩu", "cấp sổ", "vào sổ", "chế độ", "chính sách", "xã hội", "bảo hiểm", "cấp đổi",
    "cấp lại", "bổ sung", "hằng tháng", "phụ cấp", "thương binh", "bệnh binh", "liệt sĩ", "sản nhi", "bệnh viện phổi",
    "đa khoa", "nhà riêng", "một cửa", "thủ tục hành chính", "cải cách hành chính", "chuyển đổi số", "quyết định",
    "nghị định", "kế hoạch",
    "tại nước ngoài", "ở nước ngoài", "tại xã", "tại phường", "tại huyện", "tại tỉnh", "tại nhà", "tại bộ phận",
    *_DISTRICTS,
)  # fmt: skip
"""What agencies, places of the province and things are called again and again: read otherwise, a mark was misread."""

SYMBOLS: Final = frozenset(
    """
    NQ QĐ CT QC QyĐ TC TB HD CTr KH PA ĐA DA BC BB TTr HĐ CĐ BGN BTT GUQ GM GGT GNP PG PC PB TLKT TLKH TLKS XN
    UBND HĐND ĐĐBQH XNTTHN XNHN LLTP BS PV06 PC06 CAT CA VP VPUBND SNV STP SYT STC SXD SCT SDL SNgV SKHĐT SGDĐT
    SKHCN STTTT SVHTT SGTVT SNNPTNT SNNMT STNMT SLĐTBXH SDTTG TTPVHCC TTT BQL KKT CCHC KSTT HCC TTHC NCC HCTP HTQT
    """.split()  # noqa: SIM905 - read as a table
)
"""Abbreviations in numbers of papers: kinds (NĐ 30/2020 annex VI), agencies of the province and their units.

One that is not listed may be right all the same; two letters of a unit (`NC`, `VX`) are left out, since each of them is
a letter away from another one.
"""


def is_symbol(text: str) -> bool:
    """Return whether *text*, the part of a number behind its stroke, is made of known abbreviations only."""
    return all(part in SYMBOLS for part in re.split(r"[/&-]", text))


_FOLDED_LEVELS: Final = {fold(level): level for level in LEVELS if " " not in level}
_LEVEL_HERE: Final = re.compile(r"(?:,\s*|\bnhan dan\s+|\by te\s+|\bcong an\s+|\bdia ban\s+|\btoan\s+)([a-z]+)")
"""Where a level of territory is expected: after a comma, a committee, a health station, the police of a place."""
_LEVEL_BEFORE_NAME: Final = re.compile(r"(?<!\w)(?!huyện|tỉnh|xã)([htx][^\W\d_]{1,4})(?=\s[^\W\d_a-zà-ỹ])")
"""A small word before a name, where one of the letters of a level can only be that level: `huyên Kỳ Sơn`."""
_LEVEL_WORDS: Final = frozenset(fold(word) for level in LEVELS for word in level.split())


def is_level(word: str) -> bool:
    """Return whether *word* names a level of territory, or a part of one, and so wants a name after it."""
    return fold(word) in _LEVEL_WORDS


def misread_words(text: str) -> Iterator[tuple[int, str]]:
    """Yield where *text* has the letters of a usual word or phrase with other marks, and that phrase."""
    folded, small = fold(text), text.lower()
    for match in _LEVEL_HERE.finditer(folded):
        level = _FOLDED_LEVELS.get(match[1])
        if level and small[match.start(1) : match.end(1)] != level:
            yield match.start(1), level
    for match in _LEVEL_BEFORE_NAME.finditer(text):
        level = _FOLDED_LEVELS.get(fold(match[1]))
        if level:
            yield match.start(1), level
    for phrase in PHRASES:
        for match in re.finditer(rf"\b{fold(phrase)}\b", folded):
            if small[match.start() : match.end()] not in (phrase, phrase.replace("hòa", "hoà")):
                yield match.start(), phrase


def as_usual_words(text: str) -> str:
    """Return *text* with its usual words marked as they always are (`BAN CHÍ ĐẠO` as `BAN CHỈ ĐẠO`)."""
    for start, usual in misread_words(text):
        read = text[start : start + len(usual)]
        marked = (new.upper() if old.isupper() else new for old, new in zip(read, usual, strict=True))
        text = text[:start] + "".join(marked) + text[start + len(usual) :]
    return text
