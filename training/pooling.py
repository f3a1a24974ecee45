"""Mean pooling folded into a standard BERT folder.

E5 encoders were trained mean-pooled (Wang et al. 2024, arXiv:2402.05672), while the standard classification head reads
one token. One more layer, initialized to average all tokens into the first, gives the head the average to start from;
the folder stays a plain ``BertForSequenceClassification`` with one layer more, and training is free to change it.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

_MEAN_WEIGHT = 8.0  # how much louder the average is than the first token's own state, before the layer norm


def append_mean_layer(model: Any) -> None:
    """Append the averaging layer to a BERT classifier, in place.

    Attention scores of zero are equal weights; values are passed through; the feed-forward part adds nothing at first.

    Raises:
        ValueError: the model is no BERT.
    """
    if model.config.model_type != "bert":
        kind = model.config.model_type
        raise ValueError(f"the averaging layer is made for BERT checkpoints, found {kind!r}: use --no-mean-layer")
    layer = copy.deepcopy(model.bert.encoder.layer[-1])
    attention = layer.attention
    with torch.no_grad():
        for linear in (attention.self.query, attention.self.key):
            nn.init.normal_(linear.weight, std=0.002)
            nn.init.zeros_(linear.bias)
        nn.init.eye_(attention.self.value.weight)
        nn.init.zeros_(attention.self.value.bias)
        nn.init.eye_(attention.output.dense.weight).mul_(_MEAN_WEIGHT)
        nn.init.zeros_(attention.output.dense.bias)
        nn.init.zeros_(layer.output.dense.weight)
        nn.init.zeros_(layer.output.dense.bias)
        for norm in (attention.output.LayerNorm, layer.output.LayerNorm):
            nn.init.ones_(norm.weight)
            nn.init.zeros_(norm.bias)
        # The pooler begins as tanh of the average itself.
        nn.init.eye_(model.bert.pooler.dense.weight)
        nn.init.zeros_(model.bert.pooler.dense.bias)
    if hasattr(attention.self, "layer_idx"):
        attention.self.layer_idx = model.config.num_hidden_layers
    model.bert.encoder.layer.append(layer)
    model.config.num_hidden_layers += 1
