"""Sets of pictures: the embedded digits, folders, silhouettes, and every way to get them wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neurosim.errors import InputError
from tasks.vision.images import ImageSet, digits, from_folder, silhouettes

GREY = 128


def pictures(n: int = 4, size: int = 6) -> ImageSet:
    """Squares of different greys, of two categories."""
    images = np.full((n, size, size), 0.5, np.float32)
    for i in range(n):
        images[i, 1:4, 1:4] = i / (2 * n)
    names = tuple(f"square {i}" for i in range(n))
    return ImageSet(images, np.arange(n) % 2, ("even", "odd"), names, images != 0.5, 0.5)


def folder_of(path: Path, sizes: dict[str, list[tuple[int, int]]]) -> Path:
    """PNG files of dark rectangles on grey, (width, height), a sub-folder for each name."""
    for kind, some in sizes.items():
        (path / kind).mkdir(parents=True)
        for i, (width, height) in enumerate(some):
            picture = Image.new("L", (width, height), GREY)
            picture.paste(10, (width // 4, height // 4, 3 * width // 4, 3 * height // 4))
            picture.save(path / kind / f"{i}.png")
    return path


def test_digits_are_the_stored_ones_enlarged():
    from sklearn.datasets import load_digits

    stored = load_digits()
    pictures = digits(32)
    assert pictures.images.shape == (1797, 32, 32) and pictures.images.dtype == np.float32
    assert pictures.images.min() == 0 and pictures.images.max() == 1
    np.testing.assert_array_equal(pictures.category, stored.target)
    back = pictures.images.reshape(-1, 8, 4, 8, 4).mean(axis=(2, 4))
    assert np.corrcoef(back.ravel(), stored.images.ravel())[0, 1] > 0.99
    np.testing.assert_allclose(digits(8).images, stored.images / 16, atol=1e-5)


def test_digits_against_the_zoom_of_each_one():
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits

    for i in (0, 7, 1000):
        slow = zoom(load_digits().images[i] / 16, 3, order=3, mode="nearest", grid_mode=True)
        np.testing.assert_allclose(digits(24).images[i], np.clip(slow, 0, 1), atol=1e-5)


def test_the_inside_of_a_zero_is_not_its_own():
    zero = digits(32).silhouettes[0]
    assert not zero[14:18, 14:18].any() and zero.any()


def test_subset_keeps_order_and_rows_together():
    some = pictures().subset([3, 0])
    assert some.names == ("square 3", "square 0") and some.category.tolist() == [1, 0]
    np.testing.assert_array_equal(some.images[0], pictures().images[3])
    assert pictures().subset(np.array([True, False, False, True])).names == ("square 0", "square 3")


def test_select_balances_and_repeats_with_the_seed():
    one, same = (digits(8).select(20, np.random.default_rng(3)) for _ in range(2))
    assert np.bincount(one.category).tolist() == [20] * 10
    assert one.names == same.names == tuple(sorted(set(one.names)))
    assert one.names != digits(8).select(20, np.random.default_rng(4)).names


def test_silhouettes_fill_holes_and_leave_the_background():
    images = np.full((2, 9, 9), 0.5)
    images[0, 2:7, 2:7] = 0.9
    images[0, 4, 4] = 0.5  # of the background's grey, but inside
    images[1, 0, :] = 0.1  # reaches the border
    images[1, 5, 5] = 0.53  # within the tolerance
    own = silhouettes(images)
    expected = np.zeros((2, 9, 9), bool)
    expected[0, 2:7, 2:7] = expected[1, 0] = True
    np.testing.assert_array_equal(own, expected)
    assert silhouettes(images, tolerance=0.02)[1, 5, 5]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": np.full((4, 6, 6), 1.5, np.float32)}, "from 0 to 1, given 1.5 to 1.5"),
        ({"images": np.full((4, 6, 6), np.nan, np.float32)}, "from 0 to 1, given nan to nan"),
        ({"images": np.zeros((4, 36), np.float32)}, r"\(n, height, width\), given float32 \(4, 36"),
        ({"images": np.zeros((4, 6, 6))}, "must be float32, given float64"),
        ({"category": np.zeros(4, int)}, "two categories, all are 'even'"),
        ({"category": np.array([0, 1, 2, 0])}, "from 0 to 1, given 0 to 2"),
        ({"category": np.zeros(3, int)}, r"4 whole numbers, one an image, given int64 \(3,\)"),
        ({"names": ("a",)}, "4 names, one an image, given 1"),
        ({"silhouettes": np.ones((4, 6, 5), bool)}, r"shape \(4, 6, 6\), given bool \(4, 6, 5\)"),
        ({"silhouettes": np.zeros((4, 6, 6), bool)}, "silhouette of 'square 0' is empty"),
        ({"background": 2.0}, "background must be a number from 0 to 1, given 2.0"),
    ],
)
def test_sets_that_are_none(change, message):
    with pytest.raises(InputError, match=message) as error:
        replace(pictures(), **change)
    assert "\n" not in str(error.value)


def test_one_category_is_left():
    with pytest.raises(InputError, match="at least two categories, all are 'odd'"):
        pictures().subset([1, 3])


def test_too_few_to_select():
    with pytest.raises(InputError, match="at least 3 images of each category, 'even' has 2"):
        pictures().select(3, np.random.default_rng(0))


def test_no_object():
    with pytest.raises(InputError, match=r"image 1: shows no object, every pixel is within 0.04"):
        silhouettes(np.stack([pictures().images[0], np.full((6, 6), 0.5)]))


def test_no_uniform_background():
    with pytest.raises(InputError, match=r"image 0: its object cannot .* only 0 % of its border"):
        silhouettes(np.ones((1, 6, 6)))


def test_a_folder(tmp_path):
    folder_of(tmp_path, {"cats": [(8, 12), (8, 12)], "apes": [(8, 12)]})
    (tmp_path / ".cache").mkdir()
    (tmp_path / "cats" / ".hidden.png").write_text("")
    (tmp_path / "cats" / "notes.txt").write_text("")
    (tmp_path / "list.csv").write_text("")
    found = from_folder(tmp_path)
    assert found.categories == ("apes", "cats") and found.category.tolist() == [0, 1, 1]
    assert found.names == ("apes/0.png", "cats/0.png", "cats/1.png")
    assert found.background == pytest.approx(GREY / 255)
    assert found.images.shape == (3, 12, 8) and found.images.dtype == np.float32
    assert (found.silhouettes.sum(axis=(1, 2)) == 4 * 6).all()


@pytest.mark.parametrize("ending", ["png", "bmp", "tif", "jpg"])
def test_formats(tmp_path, ending):
    folder_of(tmp_path, {"a": [(16, 16)], "b": [(16, 16)]})
    for kind in "ab":
        stored = tmp_path / kind / "0.png"
        Image.open(stored).save(tmp_path / kind / f"0.{ending.upper()}", quality=95)
        stored.unlink(missing_ok=ending != "png")
    assert (from_folder(tmp_path).silhouettes.sum(axis=(1, 2)) == 64).all()


def test_colours_depths_transparency_and_orientation(tmp_path):
    folder_of(tmp_path, {"a": [(4, 4)], "b": [(4, 4)]})
    red = Image.new("RGB", (4, 4), (GREY,) * 3)
    red.paste((255, 0, 0), (1, 1, 3, 3))
    red.save(tmp_path / "a" / "red.png")
    clear = Image.new("RGBA", (4, 4), (255, 255, 255, 0))
    clear.paste((0, 0, 0, 255), (1, 1, 3, 3))
    clear.save(tmp_path / "a" / "clear.png")
    deep = np.full((4, 4), GREY * 257, np.uint16)
    deep[1:3, 1:3] = 65535
    Image.fromarray(deep).save(tmp_path / "b" / "deep.png")
    turned = Image.new("L", (4, 4), GREY)
    turned.putpixel((0, 1), 0)
    exif = Image.Exif()
    exif[0x0112] = 3  # by half a turn
    turned.save(tmp_path / "b" / "turned.png", exif=exif)
    found = from_folder(tmp_path)
    by_name = dict(zip(found.names, found.images, strict=True))
    assert by_name["a/red.png"][1, 1] == pytest.approx(0.299, abs=0.002)
    assert by_name["a/clear.png"][0, 0] == pytest.approx(GREY / 255)
    assert by_name["a/clear.png"][1, 1] == 0
    assert by_name["b/deep.png"][1, 1] == 1
    assert by_name["b/deep.png"][0, 0] == pytest.approx(GREY / 255)
    assert by_name["b/turned.png"][2, 3] == 0


def test_size_brings_all_to_one(tmp_path):
    folder_of(tmp_path, {"a": [(40, 20)], "b": [(16, 16)]})
    found = from_folder(tmp_path, size=20)
    assert found.images.shape == (2, 20, 20)
    np.testing.assert_allclose(found.silhouettes.sum(axis=(1, 2)), 100, atol=44)


def test_whole_frames(tmp_path):
    folder_of(tmp_path, {"a": [(4, 4)], "b": [(4, 4)]})
    Image.new("L", (4, 4), 250).save(tmp_path / "b" / "photograph.png")
    with pytest.raises(InputError, match=r"photograph.png: its object cannot be told"):
        from_folder(tmp_path)
    assert from_folder(tmp_path, whole_frame=True).silhouettes.all()


def spoil_mixed(path: Path) -> None:
    Image.new("L", (5, 7), GREY).save(path / "a" / "odd.png")


def spoil_empty(path: Path) -> None:
    (path / "c").mkdir()


def spoil_unreadable(path: Path) -> None:
    (path / "a" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n no")


def spoil_one_class(path: Path) -> None:
    (path / "b" / "0.png").unlink()
    (path / "b").rmdir()


def spoil_frames(path: Path) -> None:
    frames = [Image.new("L", (8, 8), grey) for grey in (0, 255)]
    frames[0].save(path / "a" / "film.tif", save_all=True, append_images=frames[1:])


def spoil_floats(path: Path) -> None:
    Image.fromarray(np.zeros((8, 8), np.float32)).save(path / "a" / "floats.tif")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_mixed, r"pictures differ in size \(2 of 8 x 8, 1 of 5 x 7\); give size"),
        (spoil_empty, r"c: holds no pictures \(.bmp, "),
        (spoil_unreadable, r"broken.png: cannot be read as a picture \(cannot identify image file"),
        (spoil_one_class, "expected a sub-folder for each of two or more classes, only 'a'"),
        (spoil_frames, "film.tif: holds 2 pictures, expected one"),
        (spoil_floats, "floats.tif: expected 8 or 16 bit, given mode 'F'"),
    ],
)
def test_folders_that_are_none(tmp_path, spoil, message):
    folder_of(tmp_path, {"a": [(8, 8)], "b": [(8, 8)]})
    spoil(tmp_path)
    with pytest.raises(InputError, match=message) as error:
        from_folder(tmp_path)
    assert "\n" not in str(error.value)


def test_no_folder_and_an_empty_one(tmp_path):
    with pytest.raises(InputError, match="nowhere: there is no such folder"):
        from_folder(tmp_path / "nowhere")
    with pytest.raises(InputError, match="two or more classes, none"):
        from_folder(tmp_path)


def test_a_class_folder_that_cannot_be_read(tmp_path, monkeypatch):
    folder_of(tmp_path, {"a": [(8, 8)], "b": [(8, 8)]})
    listed = Path.iterdir

    def iterdir(path):
        if path.name == "b":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    with pytest.raises(InputError, match=r"b: cannot be read \(Permission denied\)"):
        from_folder(tmp_path)
