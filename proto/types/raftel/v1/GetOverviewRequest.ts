// Original file: proto/control.proto


export interface GetOverviewRequest {
}

export interface GetOverviewRequest__Output {
}
