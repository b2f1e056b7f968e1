import hashlib
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
import torchvision.models as tv
from torch import nn
from torch.nn import functional

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.models import backbone, backbones, head_name, memory_format, without_head

FEATURES = {
    "resnet18": 512,
    "resnet50": 2048,
    "vit_b_16": 768,
    "vgg16": 4096,
    "efficientnet_b0": 1280,
    "mobilenet_v2": 1280,
    "densenet121": 1024,
}
RESNET = tv.ResNet18_Weights.IMAGENET1K_V1
none = partial(backbone, classes=3, pixels=64, weights="none")


@pytest.fixture(autouse=True)
def seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def seeded(seed: int, build, *args, **options) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build(*args, **options).eval()


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_network_takes_odd_sizes_and_gives_its_classes(name, channels):
    with torch.device("meta"):  # shapes without numbers: the large ones take seconds and gigabytes otherwise
        model = none(name, channels=channels).eval()
        for size in ((64, 64), (83, 83), (77, 101)):
            images = torch.zeros(2, channels, *size)
            assert model(images).shape == (2, 3)
            assert without_head(model)(images).shape == (2, FEATURES[name])
    assert model.weights_used == "none"


@pytest.mark.parametrize("name", [name for name in FEATURES if name != "vgg16"])  # half a gigabyte
def test_one_channel_is_the_colour_network_looking_at_grey(name):
    smaller = {"width": 0.25, "depth": 0.25} if name == "vit_b_16" else {}
    grey, colour = (seeded(5, none, name, channels=channels, **smaller) for channels in (1, 3))
    nn.init.normal_(colour.get_submodule(head_name(colour)).weight)  # a Vision Transformer's starts at zero
    grey.get_submodule(head_name(grey)).load_state_dict(colour.get_submodule(head_name(colour)).state_dict())
    images = torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        a, b = grey(images), colour(images.expand(-1, 3, -1, -1))
    assert a.std() > 0
    torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3 * float(b.abs().max()))


def test_full_size_networks_are_torchvisions():
    theirs = seeded(1, tv.resnet18, num_classes=3)
    ours = seeded(1, none, "resnet18", channels=3)
    assert all(torch.equal(a, b) for a, b in zip(theirs.parameters(), ours.parameters(), strict=True))
    with torch.device("meta"):
        vit = none("vit_b_16", channels=3)
        assert count(vit) == count(tv.vit_b_16(num_classes=3)) and vit.image_size == 224


@pytest.mark.parametrize(("name", "width"), [("resnet18", 0.25), ("resnet50", 0.5), ("vit_b_16", 0.25)])
def test_narrow_networks_have_about_width_squared_of_the_parameters(name, width):
    with torch.device("meta"):
        share = count(none(name, width=width)) / count(none(name))
    assert share == pytest.approx(width**2, rel=0.1)


def test_a_shallow_transformer_has_a_share_of_the_layers():
    with torch.device("meta"):
        model = none("vit_b_16", width=0.25, depth=0.5)
    assert len(model.encoder.layers) == 6 and model.hidden_dim == 192


@pytest.mark.parametrize("pixels", [32, 64, 92, 184, 224, 736])
def test_a_small_transformer_cuts_its_image_into_8_to_16_patches_a_side(pixels):
    with torch.device("meta"):
        model = none("vit_b_16", pixels=pixels, width=0.25)
        assert model(torch.zeros(1, 1, pixels, pixels)).shape == (1, 3)
    assert model.image_size % model.patch_size == 0
    assert 8 <= model.image_size // model.patch_size <= 16
    assert abs(model.image_size - pixels) <= model.patch_size / 2


def test_a_transformer_resizes_what_it_sees():
    model = seeded(2, none, "vit_b_16", width=0.25, depth=0.25)
    nn.init.normal_(model.heads.head.weight)
    coarse = torch.randn(2, 1, 16, 16)
    fine = functional.interpolate(coarse, size=(64, 64), mode="bilinear")  # what it does itself
    with torch.no_grad():
        torch.testing.assert_close(model(coarse), model(fine), rtol=1e-4, atol=1e-3)
        assert model(coarse.bfloat16().float()).isfinite().all()
        assert model.to(torch.bfloat16)(coarse.bfloat16()).dtype == torch.bfloat16


def test_without_head_is_a_copy_up_to_the_head():
    model = seeded(3, none, "resnet18", width=0.25)
    features = without_head(model)
    images = torch.randn(4, 1, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(model.fc(features(images)), model(images))
        before = model(images)
        features.conv1.weight.mul_(2)
        assert torch.equal(model(images), before)


def test_a_network_without_a_head_says_so():
    with pytest.raises(ParameterError, match="no linear layer"):
        head_name(nn.Conv2d(1, 1, 3))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": "resnet19"}, "choose one of resnet18, resnet50"),
        ({"name": "vgg16", "width": 0.5}, "resnet18, resnet50, vit_b_16"),
        ({"depth": 0.5}, "only one depth.*vit_b_16"),
        ({"width": 0.0}, "width is 0.0"),
        ({"width": 2}, "width is 2"),
        ({"width": float("nan")}, "width is nan"),
        ({"classes": 0}, "classes is 0"),
        ({"pixels": 16}, "pixels is 16.*at least 32"),
        ({"pixels": 92.5}, "pixels is 92.5"),
        ({"channels": 4}, "channels is 4; allowed: 1, 3"),
        ({"weights": "imagnet"}, "'imagnet'.*\"imagenet\""),
        ({"weights": Path("no/such.pth")}, "no such word or file"),
        ({"weights": "imagenet", "width": 0.25}, "no ImageNet weights for width 0.25"),
    ],
)
def test_wrong_arguments_say_what_is_allowed(wrong, says):
    with pytest.raises(ParameterError, match=f"(?s){says}"):
        backbone(**{"name": "resnet18", "classes": 3, "pixels": 64, "weights": "none"} | wrong)


# ImageNet weights: torch.hub's folder and the net


@pytest.fixture(autouse=True)
def hub(tmp_path, monkeypatch) -> Path:
    """An empty torch.hub folder, and no network."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    for weights in (RESNET, tv.DenseNet121_Weights.IMAGENET1K_V1):
        monkeypatch.setattr(weights.value, "url", f"http://127.0.0.1:9/{Path(weights.url).name}")
    return tmp_path / "torch" / "hub" / "checkpoints"


def published(file: Path, state: dict, monkeypatch, weights=RESNET, base: str = "http://127.0.0.1:9") -> Path:
    """Write what stands for torchvision's file, named by its hash as theirs."""
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, file)
    named = file.with_name(f"{file.stem}-{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}.pth")
    monkeypatch.setattr(weights.value, "url", f"{base}/{named.name}")
    return file.rename(named)


@pytest.fixture(scope="module")
def colour():
    """ResNet-18 for 1,000 classes with random weights: what stands for ImageNet's."""
    return seeded(7, tv.resnet18)


def assert_grey_twin(model: nn.Module, colour: nn.Module) -> None:
    images = torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        expected = without_head(colour)(images.expand(-1, 3, -1, -1))
        torch.testing.assert_close(without_head(model.eval())(images), expected, rtol=1e-3, atol=1e-4)


def test_auto_without_a_network_is_none_at_once(capfd):
    started = time.monotonic()
    model = backbone("resnet18", classes=3, pixels=64)
    assert model.weights_used == "none (ImageNet weights could not be fetched)"
    assert time.monotonic() - started < 3
    assert capfd.readouterr() == ("", "")


def test_auto_of_a_smaller_network_asks_nobody(monkeypatch):
    monkeypatch.setattr(backbones, "fetch", lambda *args, **options: pytest.fail("asked for weights"))
    model = backbone("resnet18", classes=3, pixels=64, width=0.25)
    assert model.weights_used == "none (no ImageNet weights for width 0.25)"


def test_imagenet_without_a_network_names_the_ways_out(hub):
    with pytest.raises(DataError, match="no ImageNet weights") as caught:
        backbone("resnet18", classes=3, pixels=64, weights="imagenet")
    assert caught.value.where == hub / "resnet18-f37072fd.pth"
    assert RESNET.url in caught.value.do and 'weights="none"' in caught.value.do and "path" in caught.value.do


@pytest.mark.parametrize("stage", ["connection", "answer"])
@pytest.mark.parametrize("weights", ["auto", "imagenet"])
def test_a_silent_server_is_given_up(monkeypatch, hub, stage, weights):
    monkeypatch.setattr(backbones, "AUTO_STALL_S", 0.3)
    monkeypatch.setattr(backbones, "STALL_S", 0.3)
    with socket.create_server(
        ("127.0.0.1", 0)
    ) as listener:  # takes connections, and says nothing or stops soon
        if stage == "answer":
            threading.Thread(target=begin_an_answer, args=(listener,), daemon=True).start()
        monkeypatch.setattr(
            RESNET.value, "url", f"http://127.0.0.1:{listener.getsockname()[1]}/r-f37072fd.pth"
        )
        started = time.monotonic()
        if weights == "auto":
            assert "could not be fetched" in backbone("resnet18", classes=3, pixels=64).weights_used
        else:
            with pytest.raises(DataError, match=r"sent nothing for 0\.3 s"):
                backbone("resnet18", classes=3, pixels=64, weights="imagenet")
        assert time.monotonic() - started < 3
    assert not list(hub.glob("*.pth"))


def begin_an_answer(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(300_000))
    time.sleep(5)


def test_a_slow_server_is_given_up_by_auto(monkeypatch):
    monkeypatch.setattr(backbones, "AUTO_LIMIT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(
            RESNET.value, "url", f"http://127.0.0.1:{listener.getsockname()[1]}/r-f37072fd.pth"
        )
        started = time.monotonic()
        assert "could not be fetched" in backbone("resnet18", classes=3, pixels=64).weights_used
        assert time.monotonic() - started < 3


@pytest.fixture
def mirror(tmp_path):
    """A server on this machine: its folder, its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    folder = tmp_path / "mirror"
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as http:
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        yield folder, f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def test_weights_are_downloaded_once_whole_and_quietly(mirror, hub, colour, monkeypatch, capfd):
    folder, base = mirror
    file = published(folder / "resnet18.pth", colour.state_dict(), monkeypatch, base=base)
    model = backbone("resnet18", classes=3, pixels=64)
    assert model.weights_used == "ImageNet (ResNet18_Weights.IMAGENET1K_V1)"
    assert_grey_twin(model, colour)
    assert [path.name for path in hub.iterdir()] == [file.name]
    file.unlink()
    assert backbone("resnet18", classes=3, pixels=64, weights="imagenet").weights_used == model.weights_used
    assert capfd.readouterr() == ("", "")


def test_a_file_with_another_hash_is_not_kept(mirror, hub, colour, monkeypatch):
    folder, base = mirror
    file = published(folder / "resnet18.pth", {"x": torch.zeros(1)}, monkeypatch, base=base)
    file.write_bytes(b"<html>please log in</html>")
    assert "could not be fetched" in backbone("resnet18", classes=3, pixels=64).weights_used
    assert list(hub.iterdir()) == []


def test_cached_weights_need_no_network(hub, colour, monkeypatch):
    published(hub / "resnet18.pth", colour.state_dict(), monkeypatch)
    for weights in ("auto", "imagenet"):
        model = backbone("resnet18", classes=1000, pixels=64, weights=weights)
        assert_grey_twin(model, colour)
        assert not torch.equal(model.fc.weight, colour.fc.weight)  # ImageNet's own head is never kept
    rgb = backbone("resnet18", classes=3, pixels=64, channels=3)
    assert torch.equal(rgb.conv1.weight, colour.conv1.weight)


def test_damaged_cached_weights_are_fetched_anew_or_named(mirror, hub, colour, monkeypatch):
    folder, base = mirror
    file = published(folder / "resnet18.pth", colour.state_dict(), monkeypatch, base=base)
    hub.mkdir(parents=True)
    cached = hub / file.name
    cached.write_bytes(file.read_bytes()[:1000])
    assert_grey_twin(backbone("resnet18", classes=3, pixels=64, weights="imagenet"), colour)
    assert cached.read_bytes() == file.read_bytes()
    cached.write_bytes(file.read_bytes()[:1000])
    file.unlink()
    with pytest.raises(DataError, match=r"is damaged, and .* could not be fetched: .*404"):
        backbone("resnet18", classes=3, pixels=64, weights="imagenet")


def test_a_folder_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "file"))
    assert "could not be fetched" in backbone("resnet18", classes=3, pixels=64).weights_used
    with pytest.raises(DataError, match="cannot be written"):
        backbone("resnet18", classes=3, pixels=64, weights="imagenet")


def test_densenet_s_published_names_are_understood(hub, monkeypatch):
    theirs = seeded(4, tv.densenet121, num_classes=5)
    old = {
        name.replace("norm1", "norm.1")
        .replace("norm2", "norm.2")
        .replace("conv1", "conv.1")
        .replace("conv2", "conv.2"): x
        for name, x in theirs.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    published(hub / "densenet121.pth", old, monkeypatch, tv.DenseNet121_Weights.IMAGENET1K_V1)
    assert_grey_twin(backbone("densenet121", classes=3, pixels=64, weights="imagenet"), theirs)


# State dicts from files

narrow = partial(backbone, "resnet18", classes=3, pixels=64, width=0.125)


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    return seeded(8, narrow, weights="none").state_dict()


@pytest.mark.parametrize("kind", ["plain", "in a dict", "several GPUs", "without counters"])
def test_a_state_dict_is_read_back(tmp_path, state, kind):
    written = {
        "plain": state,
        "in a dict": {"epoch": 3, "state_dict": state},
        "several GPUs": {f"module.{name}": value for name, value in state.items()},
        "without counters": {n: value for n, value in state.items() if not n.endswith("num_batches_tracked")},
    }[kind]
    torch.save(written, tmp_path / "own.pth")
    model = narrow(weights=tmp_path / "own.pth")
    assert model.weights_used == "file own.pth"
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def test_a_head_of_other_classes_is_left_out_and_said(tmp_path, state):
    torch.save(state, tmp_path / "own.pth")
    model = narrow(classes=4, weights=str(tmp_path / "own.pth"))
    assert model.weights_used == "file own.pth (head left out: 3 classes there, 4 here)"
    assert torch.equal(model.layer4[1].conv2.weight, state["layer4.1.conv2.weight"])
    torch.save(
        {name: value for name, value in state.items() if not name.startswith("fc.")}, tmp_path / "own.pth"
    )
    assert (
        narrow(weights=tmp_path / "own.pth").weights_used
        == "file own.pth (head left out: none there, 3 here)"
    )


def test_a_colour_state_dict_is_summed_for_one_channel(tmp_path, colour):
    torch.save(colour.state_dict(), tmp_path / "colour.pth")
    assert_grey_twin(backbone("resnet18", classes=3, pixels=64, weights=tmp_path / "colour.pth"), colour)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s.pop("conv1.weight"), r"1 missing \(conv1\.weight\)"),
        (lambda s: [s.pop(name) for name in list(s)[:9]], r"8 missing \(conv1\.weight, .* and 5 more\)"),
        (lambda s: s.update({"stem.weight": torch.zeros(1)}), r"1 unexpected \(stem\.weight\)"),
        (
            lambda s: s.update({"bn1.weight": torch.zeros(64)}),
            r"1 of another shape \(bn1\.weight is \(64,\) and should be \(8,\)\)",
        ),
    ],
)
def test_another_network_s_state_dict_is_named_name_by_name(tmp_path, state, change, says):
    change(state)
    torch.save(state, tmp_path / "other.pth")
    with pytest.raises(DataError, match=says) as caught:
        narrow(weights=tmp_path / "other.pth")
    assert caught.value.where == tmp_path / "other.pth"


class Code:
    """Runs when it is unpickled."""

    def __reduce__(self):
        return print, ("code ran",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("code", "holds Python objects"),
        ("module", "holds Python objects"),
        ("list", "holds a list, no state dict"),
        ("empty dict", "holds a dict, no state dict"),
        ("numbers", "no tensors: conv1.weight"),
        ("half", "cut off or no checkpoint"),
        ("empty", "cut off or no checkpoint"),
        ("text", "cut off or no checkpoint"),
    ],
)
def test_what_is_no_state_dict_is_refused(tmp_path, state, content, says, capfd):
    file = tmp_path / "odd.pth"
    objects = {
        "code": Code(),
        "module": nn.Linear(2, 2),
        "list": [state["conv1.weight"]],
        "empty dict": {},
        "numbers": state | {"conv1.weight": 3},
    }
    torch.save(objects.get(content, state), file)
    if content in ("half", "empty", "text"):
        whole = file.read_bytes()
        file.write_bytes(
            {"half": whole[: len(whole) // 2], "empty": b"", "text": b"not a checkpoint\n"}[content]
        )
    with pytest.raises(DataError, match=says) as caught:
        narrow(weights=file)
    assert caught.value.where == file and "torch.save" in caught.value.do
    assert "code ran" not in capfd.readouterr().out


@pytest.mark.parametrize(("width", "wanted"), [(1.0, torch.channels_last), (0.125, torch.contiguous_format)])
def test_narrow_networks_keep_torch_s_usual_order(width: float, wanted: torch.memory_format) -> None:
    model = backbone("resnet18", classes=2, pixels=32, weights="none", width=width)
    assert memory_format(model) is wanted


def test_training_a_narrow_network_on_two_threads_does_not_crash() -> None:
    """Channels last with 8 channels crashed within seconds, in torch 2.11."""
    script = """
import torch
from fireanalysis import models
torch.set_num_threads(2)
model = models.backbone("resnet18", classes=8, pixels=32, weights="none", width=0.125)
order = models.memory_format(model)
model.to(memory_format=order)
for _ in range(40):
    model(torch.randn(15, 1, 32, 32).contiguous(memory_format=order)).sum().backward()
"""
    done = subprocess.run([sys.executable, "-c", script], timeout=300)
    assert done.returncode == 0
