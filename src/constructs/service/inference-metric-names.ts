import { metric, MetricNames } from '../observability/metric';

const tritonCounter = metric('Triton', 'counter');
const tritonGauge = metric('Triton', 'gauge');
const torchServeCounter = metric('TorchServe', 'counter');
const vllmCounter = metric('vLLM', 'counter');
const vllmGauge = metric('vLLM', 'gauge');
const vllmBucket = metric('vLLM', 'bucket');

const triton = ['model', 'version', 'gpu_uuid'];
const torchServe = ['model_name', 'model_version', 'hostname'];
const vllm = ['model_name', 'engine'];

/** What the model servers that are not of Spring Boot say of their load; the page of GpuInferenceService has the sources. */
export const inferenceMetricNames: MetricNames = {
  nv_inference_request_success: tritonCounter(...triton),
  nv_inference_request_duration_us: tritonCounter(...triton),
  nv_inference_pending_request_count: tritonGauge(...triton),
  ts_inference_requests_total: torchServeCounter(...torchServe),
  ts_inference_latency_microseconds: torchServeCounter(...torchServe),
  'vllm:request_success_total': vllmCounter('finished_reason', ...vllm),
  'vllm:e2e_request_latency_seconds_bucket': vllmBucket('le', ...vllm),
  'vllm:num_requests_waiting': vllmGauge(...vllm),
};
