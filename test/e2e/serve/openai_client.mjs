// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an application of the openai package does: openai_client.mjs BASE_URL
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({baseURL: process.argv[2], apiKey: "test-key", maxRetries: 0});
const messages = [{role: "user", content: "What is the capital of France?"}];

const models = await client.models.list();
const model = models.data[0].id;
assert.equal(model, "fable");

const plain = await client.chat.completions.create({model, messages, temperature: 0});
assert.match(plain.choices[0].message.content, /Paris/);
assert.equal(plain.choices[0].finish_reason, "stop");
assert.ok(plain.usage.total_tokens > 10);

let text = "", usage = null;
const stream = await client.chat.completions.create(
  {model, messages, temperature: 0, stream: true, stream_options: {include_usage: true}});
for await (const chunk of stream) {
  text += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
assert.equal(text, plain.choices[0].message.content);
assert.equal(usage.completion_tokens, plain.usage.completion_tokens);

const events = client.chat.completions.stream({model, messages, temperature: 0});
assert.equal(await events.finalContent(), text);

const several = await client.completions.create(
  {model, prompt: "Once upon a time", n: 2, seed: 3, max_tokens: 5, logprobs: 2});
assert.equal(several.choices.length, 2);
assert.equal(several.choices[1].logprobs.tokens.length, 5);

const parsed = await client.chat.completions.parse({model, messages, seed: 1, response_format: {
  type: "json_schema", json_schema: {name: "answer", strict: true, schema: {
    type: "object", properties: {city: {type: "string", maxLength: 12}}, required: ["city"],
    additionalProperties: false}}}});
assert.equal(typeof JSON.parse(parsed.choices[0].message.content).city, "string");

const forced = {model, messages,
  tools: [{type: "function", function: {name: "weather", parameters: {type: "object", properties: {}}}}],
  response_format: {type: "json_schema", json_schema: {name: "call", schema: {
    const: {name: "weather", arguments: {city: "Rome"}}}}}};
const called = await client.chat.completions.create(forced);
assert.equal(called.choices[0].finish_reason, "tool_calls");
assert.deepEqual(JSON.parse(called.choices[0].message.tool_calls[0].function.arguments), {city: "Rome"});
const calling = await client.chat.completions.stream(forced).finalMessage();
assert.equal(calling.tool_calls[0].function.name, "weather");
assert.deepEqual(JSON.parse(calling.tool_calls[0].function.arguments), {city: "Rome"});

await assert.rejects(client.chat.completions.create({model, messages: []}), OpenAI.BadRequestError);
const stranger = new OpenAI({baseURL: process.argv[2], apiKey: "wrong", maxRetries: 0});
await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);

const controller = new AbortController();
const cut = await client.chat.completions.create({model, messages, stream: true}, {signal: controller.signal});
for await (const chunk of cut) {
  if (chunk.choices[0]?.delta?.content) break;
}
controller.abort();
console.log("openai package: all well");
