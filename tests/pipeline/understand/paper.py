"""Pages laid out by hand: words with boxes, as the engine would give them."""

from collections.abc import Sequence

from schemas.page import Box, Page, PageReading, Quality, Word

WIDTH, HEIGHT = 1654, 2339
LETTER, LINE, LEFT, RIGHT = 14, 56, 220, 1560
SURE = 0.96

HEADER = (
    "ỦY BAN NHÂN DÂN @800 CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "XÃ LƯỢNG MINH @930 Độc lập - Tự do - Hạnh phúc",
)

BIRTH = (
    *HEADER,
    "Số: 195/2016",
    "@660 GIẤY KHAI SINH",
    "Họ, chữ đệm, tên: HÀ Y ÚN",
    "Ngày, tháng, năm sinh: 22/2/2016 ghi bằng chữ: Ngày hai mươi hai, tháng hai, năm",
    "hai nghìn không trăm mười sáu",
    "Giới tính: Nữ @627 Dân tộc: Thái @1019 Quốc tịch: Việt Nam",
    "Nơi sinh: Bệnh viện Sản Nhi Nghệ An, thành phố Vinh, tỉnh Nghệ An",
    "Quê quán: Xã Lượng Minh, huyện Tương Dương, tỉnh Nghệ An",
    "Số định danh cá nhân: 040316112233",
    "Họ, chữ đệm, tên người mẹ: NGUYỄN Y HỢI",
    "Năm sinh: 1990 @627 Dân tộc: Thổ @1019 Quốc tịch: Việt Nam",
    "Nơi cư trú: Xã Lượng Minh, huyện Tương Dương, tỉnh Nghệ An",
    "Họ, chữ đệm, tên người cha: HÀ VĂN MÒN",
    "Năm sinh: 1988 @627 Dân tộc: Thái @1019 Quốc tịch: Việt Nam",
    "Nơi cư trú: Xã Lượng Minh, huyện Tương Dương, tỉnh Nghệ An",
    "Họ, chữ đệm, tên người đi khai sinh: Nguyễn Y Hợi",
    "Giấy tờ tùy thân: Căn cước công dân số 040190515644",
    "Nơi đăng ký khai sinh: @620 Ủy ban nhân dân xã Lượng Minh, huyện Tương Dương, tỉnh Nghệ",
    "An",
    "Ngày, tháng, năm đăng ký: 23/3/2016",
    "@950 NGƯỜI KÝ GIẤY KHAI SINH",
    "@1034 KT. CHỦ TỊCH",
    "@1027 PHÓ CHỦ TỊCH",
    "",
    "",
    "@1020 Chu Thị Giang",
)

LETTER_PAGE = (
    "UBND TỈNH NGHỆ AN @800 CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "SỞ NỘI VỤ @930 Độc lập - Tự do - Hạnh phúc",
    "Số: 2529/TTr-SNV @880 Nghệ An, ngày 12 tháng 6 năm 2023",
    "",
    "@760 TỜ TRÌNH",
    "@400 Về việc rà soát, làm sạch dữ liệu hộ tịch giai đoạn",
    "@750 2007 - 2020",
    "",
    "@600 Kính gửi: Hội đồng nhân dân tỉnh",
    "@300 Cán bộ, công chức làm việc tại bộ phận một cửa có trách nhiệm hướng dẫn tổ chức,",
    "cá nhân nộp hồ sơ trực tuyến, không yêu cầu nộp lại giấy tờ đã được số hóa.",
    "Nơi nhận: @1060 KT. GIÁM ĐỐC",
    "- Như trên; @1040 PHÓ GIÁM ĐỐC",
    "- Lưu: VT, VP.",
    "",
    "@1005 Lý Nguyễn Hữu Nghĩa",
)


def words(lines: Sequence[str], confidence: float = SURE) -> tuple[Word, ...]:
    """Return the words of lines set one under another; `@800` moves to that column of pixels."""
    placed = []
    for number, line in enumerate(lines):
        x, y = LEFT, 150 + number * LINE
        for piece in line.split():
            if piece.startswith("@"):
                x = int(piece[1:])
                continue
            box = Box(x, y, LETTER * len(piece), 30)
            placed.append(Word(piece, confidence, box, number))
            x = box.right + LETTER
    return tuple(placed)


def reading(lines: Sequence[str], *, number: int = 1, confidence: float = SURE) -> PageReading:
    """Return a page that says *lines*."""
    page = Page(
        number=number,
        rotation=0,
        skew_degrees=0.0,
        dpi=200,
        width=WIDTH,
        height=HEIGHT,
        blank=not any(lines),
        quality=Quality(ink=0.05, sharpness=1.0, contrast=1.0),
    )
    return PageReading(page, words(lines, confidence))


def replaced(lines: Sequence[str], old: str, new: str) -> tuple[str, ...]:
    """Return the lines with one passage changed; it must be there."""
    assert any(old in line for line in lines)
    return tuple(line.replace(old, new) for line in lines)


def spoiled(page: PageReading, text: str, confidence: float) -> PageReading:
    """Return the page with the words that say *text* read less surely; they must be there."""
    assert any(word.text == text for word in page.words)
    return page._replace(
        words=tuple(word._replace(confidence=confidence) if word.text == text else word for word in page.words)
    )
