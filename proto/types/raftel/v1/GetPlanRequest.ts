// Original file: proto/control.proto


export interface GetPlanRequest {
}

export interface GetPlanRequest__Output {
}
