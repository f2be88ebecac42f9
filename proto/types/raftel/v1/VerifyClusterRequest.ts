// Original file: proto/control.proto


export interface VerifyClusterRequest {
}

export interface VerifyClusterRequest__Output {
}
