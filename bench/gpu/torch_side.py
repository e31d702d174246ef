"""PyTorch's side: the cases of cases.mjs, eager, f32 without TF32. Reads cases as JSON lines, answers each with one JSON line."""

import json
import math
import sys
import time
import traceback

import torch
import torch.nn.functional as F
from torch import nn

torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def synchronize():
    if device.type == "cuda":
        torch.cuda.synchronize()


def answer(value):
    print(json.dumps(value), flush=True)


def wave(shape, phase=0.0, scale=1.0):
    """sin(1.7 i + phase) scale: the same values on both sides."""
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    return (scale * torch.sin(1.7 * i + phase)).float().reshape(shape).to(device)


def indices(shape, limit, step):
    return (torch.arange(math.prod(shape)) * step % limit).reshape(shape).to(device)


def op(forward, inputs, dy_shape=None):
    xs = [x.requires_grad_(dy_shape is not None) for x in inputs]
    dy = wave(dy_shape, 0.5) if dy_shape else None

    def run():
        y = forward(*xs)
        return [y] if dy is None else [y, *torch.autograd.grad(y, xs, dy)]

    return run, lambda results: [x.detach().square().mean().item() for x in results]


def training(model, optimizer, loss_of, inputs):
    def run():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(*inputs)
        loss.backward()
        optimizer.step()
        return [loss]

    return run, lambda results: [loss.item() for loss in results]


def attention(q, k, v, causal=False):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if causal:
        n = q.shape[-2]
        scores = scores.masked_fill(torch.ones(n, n, dtype=torch.bool, device=device).triu(1), -math.inf)
    return scores.softmax(-1) @ v


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        n, length, width = x.shape
        parts = self.project(self.norm1(x)).split(width, 2)
        q, k, v = (part.view(n, length, self.heads, -1).transpose(1, 2) for part in parts)
        x = x + self.out(attention(q, k, v, causal=True).transpose(1, 2).reshape(n, length, width))
        return x + self.mlp(self.norm2(x))


class Gpt(nn.Module):
    def __init__(self, context, width, heads, layers, vocabulary, **_):
        super().__init__()
        self.token = nn.Embedding(vocabulary, width)
        self.place = nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens):
        places = torch.arange(tokens.shape[1], device=device)
        return self.head(self.norm(self.blocks(self.token(tokens) + self.place(places))))


def make_cnn(batch, channels):
    layers, previous = [], 1
    for i, count in enumerate(channels):
        layers += [nn.Conv2d(previous, count, 3, padding=1), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if i < 3 else []
        layers += [nn.Dropout(0.2)]
        previous = count
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(9 * previous, 10)).to(device)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    return training(model, adam, lambda x, y: F.cross_entropy(model(x), y), [wave([batch, 1, 28, 28]), indices([batch], 10, 1)])


def make_gpt(batch, context, vocabulary, **rest):
    model = Gpt(context=context, vocabulary=vocabulary, **rest).to(device)
    adam = torch.optim.AdamW(model.parameters(), lr=1e-3)
    inputs = [indices([batch, context], vocabulary, 7), indices([batch, context], vocabulary, 11)]
    return training(model, adam, lambda x, y: F.cross_entropy(model(x).flatten(0, 1), y.flatten()), inputs)


def make_lstm(batch, steps, width):
    layer = nn.LSTM(width, width).to(device)
    x = wave([steps, batch, width])
    weights = [wave([4 * width, width], 1, 1 / 16), wave([4 * width, width], 2, 1 / 16), wave([4 * width], 3)]
    with torch.no_grad():
        layer.weight_ih_l0.copy_(weights[0])
        layer.weight_hh_l0.copy_(weights[1])
        layer.bias_ih_l0.copy_(weights[2])
        layer.bias_hh_l0.zero_()
    xs = [x.requires_grad_(), layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0]
    dy = wave([steps, batch, width], 0.5)

    def run():
        y = layer(x)[0]
        return [y, *torch.autograd.grad(y, xs, dy)]

    return run, lambda results: [each.detach().square().mean().item() for each in results]


def make(spec):
    kind, sizes = spec["kind"], {name: value for name, value in spec.items() if name != "kind"}
    if kind == "matmul":
        n = sizes["size"]
        return op(torch.matmul, [wave([n, n]), wave([n, n], 1)])
    if kind == "conv2d":
        n, c, s = sizes["batch"], sizes["channels"], sizes["size"]
        return op(lambda x, w: F.conv2d(x, w, padding=1), [wave([n, c, s, s]), wave([c, c, 3, 3], 1, 0.05)], [n, c, s, s])
    if kind == "attention":
        shape = [sizes["batch"], sizes["heads"], sizes["length"], sizes["depth"]]
        return op(attention, [wave(shape, phase) for phase in range(3)], shape)
    if kind == "layerNorm":
        rows, width = sizes["rows"], sizes["width"]
        inputs = [wave([rows, width]), wave([width], 1), wave([width], 2)]
        return op(lambda x, w, b: F.layer_norm(x, [width], w, b), inputs, [rows, width])
    return {"cnn": make_cnn, "gpt": make_gpt, "lstm": make_lstm}[kind](**sizes)


def measure(made, seconds):
    run, read = made

    def timed(count):
        synchronize()
        begin = time.perf_counter()
        for _ in range(count):
            results = run()
        values = read(results)
        synchronize()
        return time.perf_counter() - begin, values

    first_seconds, first = timed(1)
    count = 1
    took, last = timed(1)
    while took < seconds and count < 1 << 14:
        count *= 2
        took, last = timed(count)
    return {"milliseconds": 1000 * took / count, "count": count, "firstSeconds": first_seconds, "first": first, "last": last}


answer({"side": "torch", "version": torch.__version__, "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu"})
open_case = (None, None)
for line in sys.stdin:
    request = json.loads(line)
    try:
        if open_case[0] != request["spec"]:
            open_case = (request["spec"], make(request["spec"]))
        answer(measure(open_case[1], request["seconds"]))
    except Exception:
        answer({"error": traceback.format_exc()})
