"""torch model -> ONNX; float weights -> int8 weights.

Only weights are quantized: each row of an embedding table and each column of a matrix gets its own scale (symmetric, per
channel; Jacob et al. 2018, arXiv:1712.05877), and ``DequantizeLinear`` expands them. Activations stay float32, so there is
no scale that a batch could share, and the labels are those of float32 but for the rounding of the weights.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from .engines import TorchEngine
from .errors import MissingExtraError

_SMALLEST = 4096  # elements; smaller tensors (biases, norms) stay float32


def export_onnx(engine: TorchEngine) -> Any:
    """Return the model of a torch engine as an ``onnx.ModelProto`` in float32.

    Inputs ``input_ids`` and ``attention_mask`` (int64, rows x pieces), output ``logits``.

    Raises:
        MissingExtraError: ``onnx`` or ``onnxscript`` is not installed.
    """
    import torch

    try:
        import onnx  # noqa: F401  the exporter needs both, and says so less clearly
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(error.name or "onnx", "train", "the ONNX export") from None
    model = engine.model.eval().cpu().float()
    # Two tensors: of one and the same, the exporter would make one input.
    ids, mask = torch.ones((2, 8), dtype=torch.long), torch.ones((2, 8), dtype=torch.long)
    axes = {0: torch.export.Dim("rows", min=1), 1: torch.export.Dim("pieces", min=2, max=512)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            _logits_only(model),
            (ids, mask),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_shapes={"input_ids": axes, "attention_mask": axes},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    engine.model.to(engine.device)
    return program.model_proto


def _logits_only(model: Any) -> Any:
    """Wrap a model so that its forward returns the logits alone; a class made here, since torch is no base dependency."""
    import torch

    class LogitsOnly(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    return LogitsOnly().eval()


def quantize_weights(model: Any, path: Path | None = None) -> Any:
    """Store the large weights in int8 and write the model.

    Args:
        model: ``onnx.ModelProto`` in float32; it is changed in place.
        path: where to write; nothing is written if left out.
    """
    import onnx
    from onnx import helper, numpy_helper

    graph = model.graph
    gathered = {node.input[0] for node in graph.node if node.op_type == "Gather"}
    nodes: list[Any] = []
    kept: list[Any] = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.dims) != 2 or np.prod(tensor.dims) < _SMALLEST:
            kept.append(tensor)
            continue
        # A table that is gathered from is scaled by row, any other matrix by column.
        axis = 0 if tensor.name in gathered else 1
        weights = numpy_helper.to_array(tensor)
        scale = np.maximum(np.abs(weights).max(axis=1 - axis), 1e-12).astype(np.float32) / np.float32(127)
        codes = np.clip(np.rint(weights / np.expand_dims(scale, 1 - axis)), -127, 127).astype(np.int8)
        name = tensor.name
        kept += [numpy_helper.from_array(codes, f"{name}.int8"), numpy_helper.from_array(scale, f"{name}.scale")]
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}.int8", f"{name}.scale"], [name], axis=axis))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    computed = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *computed])
    # The exporter's notes name files of the machine that made the model.
    for item in (graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        del item.metadata_props[:]
        item.doc_string = ""
    del model.metadata_props[:]
    if path is not None:
        temporary = path.with_name(path.name + ".tmp")
        onnx.save(model, str(temporary))
        temporary.replace(path)
    return model
