"""Syllables that personal names are made of. A lost or wrong mark mostly makes a syllable that no name has.

Evidence only: a name with another syllable is kept as it was read, and a person looks at it.
"""

import unicodedata
from collections.abc import Collection
from functools import cache
from typing import Final

from pipeline.understand.folding import without_tone
from schemas.lexicon import family_names

FAMILY: Final = frozenset().union(*family_names().values())
"""Family names of the Kinh and of the peoples of Nghệ An, in small letters."""

OTHER: Final = frozenset(
    """
    ái an anh ánh ân ấn ba bá bạch bách bài bàn bản bang bảng băng bằng bảo bắc bân bích biên biển bình bội bông bốn
    bút bường bửu ca cam căng can cảm canh cảnh cao cát căn cầm cẩm cần cẩn cận châm chất chấn châu chế chi chí chỉ
    chiêm chiến chiêu chiểu chinh chính chỉnh chu chúc chung chuyên chuyền chương chưởng công cơ cúc cung cừ cương
    cường cửu dân dần dật dậu di dĩ diễm diễn diện diệp diệu dinh dĩnh doan doãn doanh du dụ dũng duy duyên duyến
    duyệt dư dự dưỡng dương đa đài đại đan đàn đàm đạm đán đang đáng đào đạo đạt đăng đắc đậu đệ địch điềm điển điền
    điện điệp điều định đỉnh đĩnh đính đình đoan đoàn đoài đô độ đôn đông đồng động đức đường được gái gấm gia giác
    giai giản giang giao giáp giàu giáo giỏi hà hạ hai hải hàm hán hàn hạnh hào hảo hạo hằng hân hậu hè hiên hiền hiến
    hiển hiện hiệp hiếu hiệu hinh hình hoa hoá hóa hòa hoà hoạch hoài hoan hoàn hoán hoàng hoành hồ hồi hội hồng hợi
    hợp huân huấn huệ huế hùng huy huynh huỳnh huyên huyền huyến hưng hứng hướng hường hưởng hương hữu hy hỷ ích kha
    khả khác khải khai khang khánh khanh kháng khắc khâm khiêm khiết khiêu khoa khoái khoan khoát khôi khuê khuyên
    khuyến khương khước kiên kiện kiệm kiệt kiều kiểu kim kính kỳ kỷ kỹ lai lài lam lãm lan lạn lành lanh lâm lân lập
    lê lễ lệ lên lịch liêm liên liễn liệu liễu linh lĩnh lịnh loan long lộc lợi lũy luân luận luật luyến luyện lư lực
    lương lượng lưu lựu ly lý lỳ mai mạnh mão mận mậu mẫn mây mến mi miên minh mùi mười muộn mừng mùa mỵ mỹ my nam năm
    năng nga ngà ngạn ngân ngàn nghi nghĩa nghị nghiêm nghiệp ngọ ngoan ngoạn ngọc ngôn nguyên nguyện nguyệt ngữ nhã
    nhài nhàn nhâm nhân nhẫn nhật nhất nhị nhì nhiên nhiệm nho nhơn nhu nhuần nhuận nhung như nhựt niên niệm ninh nở
    nữ nương oanh phái pháp phát phẩm phấn phận phi phiên phiến phong phòng phóng phổ phú phụ phúc phùng phụng phước
    phương phượng quán quang quảng quân quận quế quí quý quốc quy quyên quyến quyền quyết quyển quỳ quỳnh sa san sang
    sáng sanh sao sáu sâm sen sinh sĩ soạn sơn sơ song suốt sung sướng sửu sương sự sỹ sỷ tá tài tam tám tâm tân tần
    tấn tập tất tây thạch thái thám thanh thành thạnh thao thảo thạo thăng thắng thắm thân thất thấm thập thế thể thêm
    thêu thi thị thiên thiện thiệp thiều thiệu thiết thìn thịnh thọ thoa thoan thoại thoát thoả thơ thơm thới thu thụ
    thuần thuận thục thuý thúy thuỳ thùy thuỷ thủy thuyên thuyết thư thứ thừa thức thực thường thước thương thưởng
    thượng tích tiệp tiên tiến tiếp tiệm tiết tiêu tiền tín tĩnh tính tịnh tình tỉnh toại toan toàn toán toản toả tố
    tòng tôn tông tộ tới trà trác trai trang tráng trạch trâm trân trầm trận trấn tri trí trị triết triển triều triệu
    trinh trình trọng trơn trúc trung truyền trực trường trưởng trương tú tuấn tuân tuất tuệ tùng tụng tuy tuyên tuyến
    tuyết tuyền tuyển tư tứ từ tự tường tưởng tượng tý tỵ uy uyên uyển út vạn vân vận vị vi vĩ viên viễn viện việt
    vinh vĩnh võ vọng vũ vui vượng vương vỹ vy xoan xoa xuân xuyên xuyến xứng xương y yên yến ý bé bỉnh bưởi chăm
    chiên cỏn đó hoè hòe hiểu khuynh kín lả liềm lô mòn mơ na nết ngại ngần nhàng nhạn nhạc nhan nhạ phin quynh thoang
    thuật thuyền tịch tiển trịnh trịu ún pà mái dở cở xi xí dìa tểnh xử chò nỏ chống giống bún lọng pèng phò mẹ khăm
    thoong viêng viết lạc sắc tạo tặng thúc sách hoạt đặng chông pao rê xò dờ nênh pó xái may bảy
    """.split()  # noqa: SIM905 - read as a table
)
"""Middle and given names."""

_MOSTLY_BARE: Final = frozenset(
    "lô duyên đăng khuyên kiên liên ngân nhân quân trâm uyên vân".split()  # noqa: SIM905 - read as a table
)
"""Syllables that names have a hundred times more often without a tone than with one (Vân and Vận, Lô and Lỗ)."""
_MARKED_VOWELS: Final = frozenset("ăâêô")


def unusual(name: str) -> list[str]:
    """Return the syllables of a name that names do not usually have: the first as family name, the others as given."""
    parts = unicodedata.normalize("NFC", name).lower().split()
    known = FAMILY | OTHER
    return [part for place, part in enumerate(parts) if part not in (FAMILY if place == 0 else known)]


def crowded(name: str) -> list[str]:
    """Return the syllables of a name in capitals that may have lost a mark above another one.

    `HIÊN` may be `HIỀN`: where a vowel already has a mark, the tone above it in capitals is the first to go.
    """
    if not name.isupper():
        return []
    parts = unicodedata.normalize("NFC", name).lower().split()
    return [part for place, part in enumerate(parts) if _has_toned_sibling(part, family=place == 0)]


def likelier(name: str) -> list[str]:
    """Return the syllables of a name in which the mark hỏi is rather the dot of an i: `Chỉ`, where names have `Chi`."""
    parts = unicodedata.normalize("NFC", name).lower().split()
    return [part for part in parts if "ỉ" in part and part.replace("ỉ", "i") in FAMILY | OTHER]


@cache
def _has_toned_sibling(syllable: str, *, family: bool) -> bool:
    bare, tones = without_tone(syllable)
    if tones or syllable in _MOSTLY_BARE or not any(letter in _MARKED_VOWELS for letter in bare):
        return False
    return bare in _toned(family=family)


@cache
def _toned(*, family: bool) -> Collection[str]:
    known = FAMILY if family else FAMILY | OTHER
    split = (without_tone(syllable) for syllable in known)
    return frozenset(bare for bare, tones in split if tones)
