/** An error as the real endpoint writes it. */
export interface WireError {
  readonly status: number;
  readonly code: string;
  readonly type: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function badRequest(message: string): WireError {
  return { status: 400, code: 'invalid_parameter_error', type: 'invalid_request_error', message };
}

export function unknownModel(model: string): WireError {
  return {
    status: 404,
    code: 'model_not_found',
    type: 'invalid_request_error',
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
  };
}

export function refusal(): WireError {
  return {
    status: 400,
    code: 'standin_cannot_judge',
    type: 'invalid_request_error',
    message:
      'This is the stand-in, not a language model: it gives no verdict, score or grade. Configure a real endpoint for judging.',
  };
}

export function errorBody({ message, type, code }: WireError, requestId: string): string {
  return JSON.stringify({
    error: { message, type, param: null, code },
    id: `chatcmpl-${requestId}`,
    request_id: requestId,
  });
}
