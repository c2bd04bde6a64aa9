"""A small network that tells an upright frontal chest from a limb, and both from what is not to be read."""

import torch
from torch import Tensor, nn

WIDTHS = (24, 48, 96, 160)
SIDE = 128
#: What a picture can show; the order of the network's answers.
KINDS = ("chest", "bone", "inverted", "turned", "cropped", "other")


class ScopeNet(nn.Module):
    """Logits [n, 6] (KINDS) of thumbnails [n, 1, 128, 128] with values 0–1."""

    def __init__(self) -> None:
        super().__init__()
        before, layers = 1, []
        for width in WIDTHS:
            layers += [
                nn.Conv2d(before, width, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
                nn.Conv2d(width, width, 3, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            before = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(2 * before, len(KINDS)))

    def forward(self, thumbnails: Tensor) -> Tensor:
        """Return one logit per kind."""
        features = self.features(thumbnails)
        return self.classifier(torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1))


class ScopeOutput(nn.Module):
    """The network with its answers as probabilities."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, thumbnails: Tensor) -> Tensor:
        """Return [n, 6] that sum to one."""
        return torch.softmax(self.network(thumbnails), 1)
