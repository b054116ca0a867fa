# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Just enough of the ONNX file format to rewrite a graph's nodes: a message is
a list of (field, wire type, value)."""


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def parse(data):
    fields, at = [], 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(kind)
            if size is None:
                size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        fields.append((tag >> 3, kind, value))
    return fields


def put_varint(value):
    out = b""
    while value >= 128:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def render(fields):
    out = []
    for field, kind, value in fields:
        out.append(put_varint(field << 3 | kind))
        if kind == 2:
            out.append(put_varint(len(value)))
        out.append(put_varint(value) if kind == 0 else value)
    return b"".join(out)


def text(field, value):
    return (field, 2, value.encode())


class Node:
    """A NodeProto: op, name, inputs, outputs and its other fields."""

    def __init__(self, op, inputs, outputs, others=()):
        self.op, self.inputs, self.outputs = op, list(inputs), list(outputs)
        self.name, self.others = outputs[0], list(others)

    @staticmethod
    def parse(data):
        fields = parse(data)
        named = {n: [v.decode() for f, _, v in fields if f == n] for n in (1, 2, 3, 4)}
        node = Node(named[4][0], named[1], named[2],
                    [field for field in fields if field[0] > 4])
        node.name = named[3][0] if named[3] else ""
        return node

    def render(self):
        return render([text(1, name) for name in self.inputs] +
                      [text(2, name) for name in self.outputs] +
                      [text(3, self.name), text(4, self.op)] + self.others)


def rewrite(data, change):
    """The model with every node replaced by the nodes change(node) gives."""
    model = parse(data)
    for index, (field, kind, value) in enumerate(model):
        if field != 7:
            continue
        graph = []
        for entry in parse(value):
            if entry[0] == 1:
                graph += [(1, 2, node.render()) for node in change(Node.parse(entry[2]))]
            else:
                graph.append(entry)
        model[index] = (field, kind, render(graph))
    return render(model)


def constant(name, value):
    """A Constant node with one float."""
    import struct
    tensor = render([(2, 0, 1), (9, 2, struct.pack("<f", value))])
    attribute = render([text(1, "value"), (5, 2, tensor), (20, 0, 4)])
    return Node("Constant", [], [name], [(5, 2, attribute)])
