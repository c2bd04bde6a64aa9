"""A small one-dimensional residual network with squeeze-and-excitation for ten seconds of ECG."""

import torch
from torch import Tensor, nn

WIDTHS = (48, 96, 160, 224)
KERNELS = (7, 5, 5, 3)


class EcgNet(nn.Module):
    """Logits [n, labels] from millivolts [n, 8 leads, samples at 100 Hz]; any length from 5 s."""

    def __init__(self, labels: int, leads: int = 8) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv1d(leads, 32, 11, stride=2, padding=5, bias=False), nn.BatchNorm1d(32), nn.ReLU()
        )
        before, stages = 32, []
        for width, kernel in zip(WIDTHS, KERNELS, strict=True):
            stages += [_Block(before, width, kernel, 2), _Block(width, width, kernel, 1)]
            before = width
        self.stages = nn.Sequential(*stages)
        self.classifier = nn.Sequential(nn.Dropout(0.3), nn.Linear(2 * before, labels))

    def forward(self, millivolts: Tensor) -> Tensor:
        """Return one logit per label, from the mean and the maximum over time."""
        features = self.stages(self.stem(millivolts))
        pooled = torch.cat([features.mean(-1), features.amax(-1)], 1)
        return self.classifier(pooled)


class _Block(nn.Module):
    def __init__(self, before: int, width: int, kernel: int, stride: int) -> None:
        super().__init__()
        half = kernel // 2
        self.first = nn.Conv1d(before, width, kernel, stride=stride, padding=half, bias=False)
        self.first_norm = nn.BatchNorm1d(width)
        self.second = nn.Conv1d(width, width, kernel, padding=half, bias=False)
        self.second_norm = nn.BatchNorm1d(width)
        self.squeeze = nn.Linear(width, width // 8)
        self.excite = nn.Linear(width // 8, width)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != width:
            self.shortcut = nn.Sequential(
                nn.AvgPool1d(stride, ceil_mode=True, count_include_pad=False)
                if stride > 1
                else nn.Identity(),
                nn.Conv1d(before, width, 1, bias=False),
                nn.BatchNorm1d(width),
            )

    def forward(self, signal: Tensor) -> Tensor:
        inner = torch.relu(self.first_norm(self.first(signal)))
        inner = self.second_norm(self.second(inner))
        weight = torch.sigmoid(self.excite(torch.relu(self.squeeze(inner.mean(-1)))))
        return torch.relu(inner * weight.unsqueeze(-1) + self.shortcut(signal))
