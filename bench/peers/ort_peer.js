// ONNX Runtime's side: one measurement of inference in this process, printed as one line of JSON. Run
// by compare.py.
//
//   node ort_peer.js MODULE_DIR FILE.onnx BATCH THREADS SECONDS C,H,W
'use strict';
const path = require('path');

async function repeatFor(seconds, step) {
  const start = process.hrtime.bigint();
  for (let calls = 1; ; ++calls) {
    await step();
    const elapsed = Number(process.hrtime.bigint() - start) * 1e-9;
    if (elapsed >= seconds) return { calls, secondsPerCall: elapsed / calls };
  }
}

async function main() {
  const [moduleDir, file, batchText, threadsText, secondsText, shapeText] = process.argv.slice(2);
  const [batch, threads, seconds] = [batchText, threadsText, secondsText].map(Number);
  const packageDir = path.join(path.resolve(moduleDir), 'node_modules', 'onnxruntime-node');
  const ort = require(packageDir);

  const session = await ort.InferenceSession.create(file, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    freeDimensionOverrides: { batch },
  });
  const dims = [batch, ...shapeText.split(',').map(Number)];
  const pixels = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, Math.random);
  const feeds = { images: new ort.Tensor('float32', pixels, dims) };
  const step = () => session.run(feeds);

  await step();
  await repeatFor(0.2 * seconds, step);
  const { calls, secondsPerCall } = await repeatFor(seconds, step);
  const { version } = require(path.join(packageDir, 'package.json'));
  console.log(JSON.stringify({ items_per_second: batch / secondsPerCall, calls, version }));
}

main().catch((error) => {
  console.error(String(error.message || error));
  process.exitCode = 1;
});
