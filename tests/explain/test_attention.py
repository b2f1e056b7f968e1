import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import VisionTransformer, resnet18

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.explain import attention_rollout


def transformer(size: int = 24) -> VisionTransformer:
    torch.manual_seed(0)
    vit = VisionTransformer(
        image_size=size, patch_size=8, num_layers=3, num_heads=2, hidden_dim=8, mlp_dim=16, num_classes=3
    )
    for block in vit.encoder.layers:  # far from uniform attention
        block.self_attention.in_proj_weight.data *= 4
    return vit.eval()


def attention_by_hand(block: nn.Module, tokens: Tensor) -> Tensor:
    """Softmax of scaled dot products, from the weights themselves; mean over two heads of four dimensions."""
    attention = block.self_attention
    x = block.ln_1(tokens)
    query, key, _ = (x @ attention.in_proj_weight.T + attention.in_proj_bias).chunk(3, dim=-1)
    heads = [
        (query[..., h] @ key[..., h].transpose(1, 2) / 4**0.5).softmax(dim=-1)
        for h in (slice(4), slice(4, 8))
    ]
    return (heads[0] + heads[1]) / 2


@torch.no_grad()
def rollout_by_hand(vit: VisionTransformer, pictures: Tensor) -> np.ndarray:
    tokens = vit._process_input(pictures)
    tokens = (
        torch.cat([vit.class_token.expand(len(pictures), -1, -1), tokens], dim=1) + vit.encoder.pos_embedding
    )
    flow = torch.eye(tokens.shape[1])
    for block in vit.encoder.layers:
        flow = (0.5 * attention_by_hand(block, tokens) + 0.5 * torch.eye(tokens.shape[1])) @ flow
        tokens = block(tokens)
    shares = flow[:, 0, 1:] / flow[:, 0, 1:].sum(dim=1, keepdim=True)
    return np.kron(shares.reshape(-1, 3, 3).numpy(), np.ones((8, 8)))


def test_equals_the_product_of_attentions_by_hand() -> None:
    vit, pictures = transformer(), torch.randn(3, 3, 24, 24)
    expected = rollout_by_hand(vit, pictures)
    assert expected.std() > 0.1 * expected.mean()
    np.testing.assert_allclose(attention_rollout(vit, pictures, batch_size=2), expected, atol=1e-6)


def test_patches_of_a_picture_that_the_network_resizes_are_brought_back() -> None:
    class Resizing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.vit = transformer()

        def forward(self, pictures: Tensor) -> Tensor:
            return self.vit(nn.functional.interpolate(pictures, size=(24, 24)))

    vit, pictures = Resizing(), torch.randn(2, 3, 40, 40)
    small = rollout_by_hand(vit.vit, nn.functional.interpolate(pictures, size=(24, 24)))[:, ::8, ::8]
    found = attention_rollout(vit, pictures)
    patch = (np.arange(40) + 0.5) * 3 // 40  # each pixel's patch: the one its middle lies in
    np.testing.assert_allclose(found, small[:, patch.astype(int)][:, :, patch.astype(int)], atol=1e-6)


def test_the_model_gives_the_same_scores_afterwards() -> None:
    vit, pictures = transformer().train(), torch.randn(1, 3, 24, 24)
    before = vit.eval()(pictures)
    attention_rollout(vit.train(), pictures)
    assert all(module.training for module in vit.modules())
    assert torch.equal(vit.eval()(pictures), before)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in vit.modules())


def test_a_network_without_attention_is_sent_elsewhere() -> None:
    with pytest.raises(ParameterError, match=r"no attention(.|\n)*grad_cam or occlusion"):
        attention_rollout(resnet18(num_classes=2), torch.zeros(1, 3, 32, 32))


def test_patches_that_do_not_fill_the_picture_are_refused() -> None:
    class Oblong(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(4, 1, batch_first=True)

        def forward(self, pictures: Tensor) -> Tensor:
            tokens = pictures.flatten(1)[:, :28].reshape(-1, 7, 4)
            return self.attention(tokens, tokens, tokens, need_weights=False)[0][:, 0]

    with pytest.raises(ParameterError, match="6 patches do not fill 16 × 16"):
        attention_rollout(Oblong(), torch.randn(1, 1, 16, 16))


def test_pictures_of_another_size_are_refused() -> None:
    with pytest.raises(DataError, match="does not take"):
        attention_rollout(transformer(), torch.zeros(1, 3, 32, 32))
