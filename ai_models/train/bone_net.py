"""Fracture boxes from a bone film: a heat map of centres with box sides, and one logit for the picture."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ai_models.train.lite0 import STAGE_ENDS, Lite0

STRIDE = 8
WIDTH = 64
#: Start from "nearly every place is no fracture", or the first steps drown in false alarms (Lin et al.,
#: RetinaNet).
RARE = -4.0


class BoneNet(nn.Module):
    """Picture logit [n], heat logits [n, h/8, w/8] and distances [n, 4, h/8, w/8] of grey [n, 1, h, w].

    Distances run from the centre of a cell to the left, top, right and bottom of the box, in pixels of the
    input.
    """

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Lite0()
        self.lateral = nn.ModuleList([nn.Conv2d(channels, WIDTH, 1) for channels in STAGE_ENDS.values()])
        self.smooth = nn.Sequential(_step(), _step())
        self.heat = nn.Sequential(_step(), nn.Conv2d(WIDTH, 1, 1))
        self.sides = nn.Sequential(_step(), nn.Conv2d(WIDTH, 4, 1))
        self.picture = nn.Linear(2 * WIDTH + list(STAGE_ENDS.values())[-1], 1)
        nn.init.constant_(self.heat[-1].bias, RARE)
        nn.init.constant_(self.sides[-1].bias, 0.4)

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return picture logit, heat logits and distances."""
        stages = self.backbone(grey)
        merged = self.lateral[2](stages[2])
        for lateral, stage in ((self.lateral[1], stages[1]), (self.lateral[0], stages[0])):
            merged = lateral(stage) + functional.interpolate(merged, scale_factor=2.0, mode="nearest")
        merged = self.smooth(merged)
        heat = self.heat(merged)[:, 0]
        distances = STRIDE * torch.exp(self.sides(merged).clamp(-3, 4))
        pooled = torch.cat([merged.mean((2, 3)), merged.amax((2, 3)), stages[2].amax((2, 3))], 1)
        if self.training:
            pooled = functional.dropout(pooled, 0.2)
        return self.picture(pooled)[:, 0], heat, distances


class BoneMean(nn.Module):
    """The mean of the members' logits, and of the logarithms of their distances."""

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return picture logit, heat logits and distances."""
        pictures, heats, distances = zip(*(member(grey) for member in self.members), strict=True)
        logs = torch.stack([torch.log(given) for given in distances])
        return torch.stack(pictures).mean(0), torch.stack(heats).mean(0), torch.exp(logs.mean(0))


def _step() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False),
        nn.BatchNorm2d(WIDTH),
        nn.ReLU(),
    )
