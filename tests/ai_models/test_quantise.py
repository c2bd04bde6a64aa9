"""A network made 8-bit says nearly what it said, and what it lost is measured on both."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="onnx is not installed: make train-env brings it")

from ai_models.train.quantise import compare, quantise  # noqa: E402


@pytest.fixture
def small_network(tmp_path):
    """A network of one convolution and a sum, with weights of very different size per channel."""
    generator = np.random.default_rng(3)
    scale = np.array([0.01, 1.0, 20.0, 0.3], np.float32).reshape(4, 1, 1, 1)
    weights = generator.normal(0, 1, (4, 1, 3, 3)).astype(np.float32) * scale
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    nodes = [
        helper.make_node("Conv", ["input", "weights"], ["seen"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["seen"], ["lit"]),
        helper.make_node("GlobalAveragePool", ["lit"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["out"]),
    ]
    graph = helper.make_graph(
        nodes, "small",
        [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, ["batch", 1, 16, 16])],
        [helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, ["batch", 4])],
        [numpy_helper.from_array(weights, "weights")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(tmp_path / "small.onnx"))
    return tmp_path / "small.onnx"


@pytest.fixture
def batches():
    """Noise of which half is brighter."""
    generator = np.random.default_rng(4)
    labels = np.arange(64) % 2 == 1
    bright = np.where(labels, 0.3, 0.0).astype(np.float32).reshape(-1, 1, 1, 1)
    inputs = generator.normal(0, 1, (64, 1, 16, 16)).astype(np.float32) + bright
    return [inputs[at : at + 16] for at in range(0, 64, 16)], labels


def total(outputs):
    return outputs[0].astype(np.float64)[:, 2]


def test_the_8_bit_network_is_there_in_8_bits_per_channel_and_loses_little(small_network, batches):
    inputs, labels = batches
    target = small_network.with_name("int8.onnx")
    quantise(small_network, target, inputs)
    kinds = {node.op_type for node in onnx.load(str(target)).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    scales = [t for t in onnx.load(str(target)).graph.initializer if t.name == "weights_scale"]
    assert list(scales[0].dims) == [4]
    compared = compare(small_network, target, inputs, labels, total)
    assert 0.5 < compared.auc_fp32 <= 1
    assert abs(compared.loss) < 0.02


def test_a_network_that_lost_its_sense_does_not_keep_up(small_network, batches):
    inputs, labels = batches
    target = small_network.with_name("int8.onnx")
    quantise(small_network, target, [batch * 1e-6 for batch in inputs])
    compared = compare(small_network, target, inputs, labels, total)
    assert compared.loss > 0.005
    assert not compared.keeps_up
