"""Pneumonia from a frontal chest film: one logit, and the map of where it comes from."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ai_models.train.lite0 import Lite0

MAP_CHANNELS = 1280


class ChestNet(nn.Module):
    """Logit [n] and class activation map [n, h/32, w/32] of grey [n, 1, h, w].

    The mean of the map plus the bias is the logit (Zhou et al., CVPR 2016), so the map explains the score
    itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Lite0()
        self.weight = nn.Parameter(torch.randn(MAP_CHANNELS) * 0.01)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """Return logit and map."""
        features = self.backbone.head(self.backbone(grey)[-1])
        if self.training:
            features = functional.dropout2d(features, 0.2)
        cam = (features * self.weight.view(1, -1, 1, 1)).sum(1)
        return cam.mean((1, 2)) + self.bias, cam


class ChestMean(nn.Module):
    """The mean of several networks' logits and of their maps; the mean map still explains the mean score."""

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor]:
        """Return logit and map."""
        answers = [member(grey) for member in self.members]
        return (
            torch.stack([logit for logit, _ in answers]).mean(0),
            torch.stack([cam for _, cam in answers]).mean(0),
        )
