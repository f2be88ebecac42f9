// Original file: proto/control.proto


export interface GetHashesRequest {
}

export interface GetHashesRequest__Output {
}
