// Original file: proto/control.proto


export interface GetNodeRequest {
}

export interface GetNodeRequest__Output {
}
