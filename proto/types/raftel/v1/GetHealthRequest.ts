// Original file: proto/control.proto


export interface GetHealthRequest {
}

export interface GetHealthRequest__Output {
}
