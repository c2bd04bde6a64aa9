"""Small one-dimensional residual networks with squeeze-and-excitation for ten seconds of ECG, their mean.

Written with two-dimensional convolutions of height 1, because those have a channels-last form, which the
processor's 16-bit products take at twice the pace.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    """What one member of the ensemble looks like: widths and kernels (samples) of the four stages."""

    widths: tuple[int, int, int, int] = (48, 96, 160, 224)
    kernels: tuple[int, int, int, int] = (7, 5, 5, 3)
    stem: int = 11
    stem_width: int = 32


#: Members differ in what they can see at once: narrow and wide windows of time.
MEMBERS = (
    Shape(),
    Shape(kernels=(15, 11, 9, 7), stem=21),
    Shape(kernels=(9, 7, 7, 5), stem=15),
)


class EcgNet(nn.Module):
    """Logits [n, labels] from millivolts [n, 8 leads, samples at 100 Hz]; any length from 5 s."""

    def __init__(self, labels: int, shape: Shape = MEMBERS[0], leads: int = 8) -> None:
        super().__init__()
        before = shape.stem_width
        self.stem = nn.Sequential(
            _along(leads, before, shape.stem, stride=2), nn.BatchNorm2d(before), nn.ReLU()
        )
        stages = []
        for width, kernel in zip(shape.widths, shape.kernels, strict=True):
            stages += [_Block(before, width, kernel, 2), _Block(width, width, kernel, 1)]
            before = width
        self.stages = nn.Sequential(*stages)
        self.classifier = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * before, labels))
        self.look = _Look(before, labels)

    def forward(self, millivolts: Tensor) -> Tensor:
        """Return one logit per label, from the mean and the maximum over time and the label's own moments."""
        features = self.stages(self.stem(millivolts.unsqueeze(2)))
        pooled = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
        return self.classifier(pooled) + self.look(features)


class EcgEnsemble(nn.Module):
    """The mean of the members' logits."""

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, millivolts: Tensor) -> Tensor:
        """Return one logit per label."""
        return torch.stack([member(millivolts) for member in self.members]).mean(0)


class _Look(nn.Module):
    """For every label the mean of its evidence over time, by weights of its own (attention pooling): a single
    premature beat counts as much as a rhythm."""

    def __init__(self, width: int, labels: int) -> None:
        super().__init__()
        self.where = nn.Conv2d(width, labels, 1, bias=False)
        self.what = nn.Conv2d(width, labels, 1)
        self.drop = nn.Dropout(0.3)

    def forward(self, features: Tensor) -> Tensor:
        kept = self.drop(features)
        return (torch.softmax(self.where(kept), 3) * self.what(kept)).sum((2, 3))


class _Block(nn.Module):
    def __init__(self, before: int, width: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.first = _along(before, width, kernel, stride)
        self.first_norm = nn.BatchNorm2d(width)
        self.second = _along(width, width, kernel)
        self.second_norm = nn.BatchNorm2d(width)
        self.squeeze = nn.Linear(width, width // 8)
        self.excite = nn.Linear(width // 8, width)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != width:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d((1, stride), ceil_mode=True, count_include_pad=False),
                nn.Conv2d(before, width, 1, bias=False),
                nn.BatchNorm2d(width),
            )

    def forward(self, signal: Tensor) -> Tensor:
        inner = torch.relu(self.first_norm(self.first(signal)))
        inner = self.second_norm(self.second(inner))
        weight = torch.sigmoid(self.excite(torch.relu(self.squeeze(inner.mean((2, 3))))))
        return torch.relu(inner * weight[:, :, None, None] + self.shortcut(signal))


def _along(before: int, width: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """Return a convolution along time only that keeps the length (divided by `stride`)."""
    half = kernel // 2
    return nn.Conv2d(before, width, (1, kernel), stride=(1, stride), padding=(0, half), bias=False)
