// Original file: proto/control.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AddBanRequest as _raftel_v1_AddBanRequest, AddBanRequest__Output as _raftel_v1_AddBanRequest__Output } from '../../raftel/v1/AddBanRequest.ts';
import type { AddMemberRequest as _raftel_v1_AddMemberRequest, AddMemberRequest__Output as _raftel_v1_AddMemberRequest__Output } from '../../raftel/v1/AddMemberRequest.ts';
import type { AddUserRequest as _raftel_v1_AddUserRequest, AddUserRequest__Output as _raftel_v1_AddUserRequest__Output } from '../../raftel/v1/AddUserRequest.ts';
import type { Ban as _raftel_v1_Ban, Ban__Output as _raftel_v1_Ban__Output } from '../../raftel/v1/Ban.ts';
import type { BanPage as _raftel_v1_BanPage, BanPage__Output as _raftel_v1_BanPage__Output } from '../../raftel/v1/BanPage.ts';
import type { Call as _raftel_v1_Call, Call__Output as _raftel_v1_Call__Output } from '../../raftel/v1/Call.ts';
import type { CallPage as _raftel_v1_CallPage, CallPage__Output as _raftel_v1_CallPage__Output } from '../../raftel/v1/CallPage.ts';
import type { Change as _raftel_v1_Change, Change__Output as _raftel_v1_Change__Output } from '../../raftel/v1/Change.ts';
import type { ClusterStatus as _raftel_v1_ClusterStatus, ClusterStatus__Output as _raftel_v1_ClusterStatus__Output } from '../../raftel/v1/ClusterStatus.ts';
import type { ClusterVerdict as _raftel_v1_ClusterVerdict, ClusterVerdict__Output as _raftel_v1_ClusterVerdict__Output } from '../../raftel/v1/ClusterVerdict.ts';
import type { CommitPlanRequest as _raftel_v1_CommitPlanRequest, CommitPlanRequest__Output as _raftel_v1_CommitPlanRequest__Output } from '../../raftel/v1/CommitPlanRequest.ts';
import type { Event as _raftel_v1_Event, Event__Output as _raftel_v1_Event__Output } from '../../raftel/v1/Event.ts';
import type { EventsRequest as _raftel_v1_EventsRequest, EventsRequest__Output as _raftel_v1_EventsRequest__Output } from '../../raftel/v1/EventsRequest.ts';
import type { ExplainCallRequest as _raftel_v1_ExplainCallRequest, ExplainCallRequest__Output as _raftel_v1_ExplainCallRequest__Output } from '../../raftel/v1/ExplainCallRequest.ts';
import type { Explanation as _raftel_v1_Explanation, Explanation__Output as _raftel_v1_Explanation__Output } from '../../raftel/v1/Explanation.ts';
import type { GetCallRequest as _raftel_v1_GetCallRequest, GetCallRequest__Output as _raftel_v1_GetCallRequest__Output } from '../../raftel/v1/GetCallRequest.ts';
import type { GetClusterRequest as _raftel_v1_GetClusterRequest, GetClusterRequest__Output as _raftel_v1_GetClusterRequest__Output } from '../../raftel/v1/GetClusterRequest.ts';
import type { GetHashesRequest as _raftel_v1_GetHashesRequest, GetHashesRequest__Output as _raftel_v1_GetHashesRequest__Output } from '../../raftel/v1/GetHashesRequest.ts';
import type { GetHealthRequest as _raftel_v1_GetHealthRequest, GetHealthRequest__Output as _raftel_v1_GetHealthRequest__Output } from '../../raftel/v1/GetHealthRequest.ts';
import type { GetNodeRequest as _raftel_v1_GetNodeRequest, GetNodeRequest__Output as _raftel_v1_GetNodeRequest__Output } from '../../raftel/v1/GetNodeRequest.ts';
import type { GetOverviewRequest as _raftel_v1_GetOverviewRequest, GetOverviewRequest__Output as _raftel_v1_GetOverviewRequest__Output } from '../../raftel/v1/GetOverviewRequest.ts';
import type { GetPlanRequest as _raftel_v1_GetPlanRequest, GetPlanRequest__Output as _raftel_v1_GetPlanRequest__Output } from '../../raftel/v1/GetPlanRequest.ts';
import type { HangUpCallReply as _raftel_v1_HangUpCallReply, HangUpCallReply__Output as _raftel_v1_HangUpCallReply__Output } from '../../raftel/v1/HangUpCallReply.ts';
import type { HangUpCallRequest as _raftel_v1_HangUpCallRequest, HangUpCallRequest__Output as _raftel_v1_HangUpCallRequest__Output } from '../../raftel/v1/HangUpCallRequest.ts';
import type { Health as _raftel_v1_Health, Health__Output as _raftel_v1_Health__Output } from '../../raftel/v1/Health.ts';
import type { ListRequest as _raftel_v1_ListRequest, ListRequest__Output as _raftel_v1_ListRequest__Output } from '../../raftel/v1/ListRequest.ts';
import type { Members as _raftel_v1_Members, Members__Output as _raftel_v1_Members__Output } from '../../raftel/v1/Members.ts';
import type { NodeStatus as _raftel_v1_NodeStatus, NodeStatus__Output as _raftel_v1_NodeStatus__Output } from '../../raftel/v1/NodeStatus.ts';
import type { Overview as _raftel_v1_Overview, Overview__Output as _raftel_v1_Overview__Output } from '../../raftel/v1/Overview.ts';
import type { Plan as _raftel_v1_Plan, Plan__Output as _raftel_v1_Plan__Output } from '../../raftel/v1/Plan.ts';
import type { PromoteMemberRequest as _raftel_v1_PromoteMemberRequest, PromoteMemberRequest__Output as _raftel_v1_PromoteMemberRequest__Output } from '../../raftel/v1/PromoteMemberRequest.ts';
import type { RegistrationPage as _raftel_v1_RegistrationPage, RegistrationPage__Output as _raftel_v1_RegistrationPage__Output } from '../../raftel/v1/RegistrationPage.ts';
import type { RemoveBanRequest as _raftel_v1_RemoveBanRequest, RemoveBanRequest__Output as _raftel_v1_RemoveBanRequest__Output } from '../../raftel/v1/RemoveBanRequest.ts';
import type { RemoveMemberRequest as _raftel_v1_RemoveMemberRequest, RemoveMemberRequest__Output as _raftel_v1_RemoveMemberRequest__Output } from '../../raftel/v1/RemoveMemberRequest.ts';
import type { SaveSnapshotRequest as _raftel_v1_SaveSnapshotRequest, SaveSnapshotRequest__Output as _raftel_v1_SaveSnapshotRequest__Output } from '../../raftel/v1/SaveSnapshotRequest.ts';
import type { SnapshotBytes as _raftel_v1_SnapshotBytes, SnapshotBytes__Output as _raftel_v1_SnapshotBytes__Output } from '../../raftel/v1/SnapshotBytes.ts';
import type { StateHashes as _raftel_v1_StateHashes, StateHashes__Output as _raftel_v1_StateHashes__Output } from '../../raftel/v1/StateHashes.ts';
import type { TraceCallRequest as _raftel_v1_TraceCallRequest, TraceCallRequest__Output as _raftel_v1_TraceCallRequest__Output } from '../../raftel/v1/TraceCallRequest.ts';
import type { Traced as _raftel_v1_Traced, Traced__Output as _raftel_v1_Traced__Output } from '../../raftel/v1/Traced.ts';
import type { TransferLeaderReply as _raftel_v1_TransferLeaderReply, TransferLeaderReply__Output as _raftel_v1_TransferLeaderReply__Output } from '../../raftel/v1/TransferLeaderReply.ts';
import type { TransferLeaderRequest as _raftel_v1_TransferLeaderRequest, TransferLeaderRequest__Output as _raftel_v1_TransferLeaderRequest__Output } from '../../raftel/v1/TransferLeaderRequest.ts';
import type { User as _raftel_v1_User, User__Output as _raftel_v1_User__Output } from '../../raftel/v1/User.ts';
import type { UserPage as _raftel_v1_UserPage, UserPage__Output as _raftel_v1_UserPage__Output } from '../../raftel/v1/UserPage.ts';
import type { VerifyClusterRequest as _raftel_v1_VerifyClusterRequest, VerifyClusterRequest__Output as _raftel_v1_VerifyClusterRequest__Output } from '../../raftel/v1/VerifyClusterRequest.ts';
import type { WatchRequest as _raftel_v1_WatchRequest, WatchRequest__Output as _raftel_v1_WatchRequest__Output } from '../../raftel/v1/WatchRequest.ts';

export interface ControlClient extends grpc.Client {
  AddBan(argument: _raftel_v1_AddBanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  AddBan(argument: _raftel_v1_AddBanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  AddBan(argument: _raftel_v1_AddBanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  AddBan(argument: _raftel_v1_AddBanRequest, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  addBan(argument: _raftel_v1_AddBanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  addBan(argument: _raftel_v1_AddBanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  addBan(argument: _raftel_v1_AddBanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  addBan(argument: _raftel_v1_AddBanRequest, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  
  AddMember(argument: _raftel_v1_AddMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  AddMember(argument: _raftel_v1_AddMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  AddMember(argument: _raftel_v1_AddMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  AddMember(argument: _raftel_v1_AddMemberRequest, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  addMember(argument: _raftel_v1_AddMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  addMember(argument: _raftel_v1_AddMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  addMember(argument: _raftel_v1_AddMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  addMember(argument: _raftel_v1_AddMemberRequest, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  
  AddUser(argument: _raftel_v1_AddUserRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  AddUser(argument: _raftel_v1_AddUserRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  AddUser(argument: _raftel_v1_AddUserRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  AddUser(argument: _raftel_v1_AddUserRequest, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  addUser(argument: _raftel_v1_AddUserRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  addUser(argument: _raftel_v1_AddUserRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  addUser(argument: _raftel_v1_AddUserRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  addUser(argument: _raftel_v1_AddUserRequest, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  
  CommitPlan(argument: _raftel_v1_CommitPlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  CommitPlan(argument: _raftel_v1_CommitPlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  CommitPlan(argument: _raftel_v1_CommitPlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  CommitPlan(argument: _raftel_v1_CommitPlanRequest, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  commitPlan(argument: _raftel_v1_CommitPlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  commitPlan(argument: _raftel_v1_CommitPlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  commitPlan(argument: _raftel_v1_CommitPlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  commitPlan(argument: _raftel_v1_CommitPlanRequest, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  
  Events(argument: _raftel_v1_EventsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Event__Output>;
  Events(argument: _raftel_v1_EventsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Event__Output>;
  events(argument: _raftel_v1_EventsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Event__Output>;
  events(argument: _raftel_v1_EventsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Event__Output>;
  
  ExplainCall(argument: _raftel_v1_ExplainCallRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Explanation__Output>): grpc.ClientUnaryCall;
  ExplainCall(argument: _raftel_v1_ExplainCallRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Explanation__Output>): grpc.ClientUnaryCall;
  ExplainCall(argument: _raftel_v1_ExplainCallRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Explanation__Output>): grpc.ClientUnaryCall;
  ExplainCall(argument: _raftel_v1_ExplainCallRequest, callback: grpc.requestCallback<_raftel_v1_Explanation__Output>): grpc.ClientUnaryCall;
  explainCall(argument: _raftel_v1_ExplainCallRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Explanation__Output>): grpc.ClientUnaryCall;
  explainCall(argument: _raftel_v1_ExplainCallRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Explanation__Output>): grpc.ClientUnaryCall;
  explainCall(argument: _raftel_v1_ExplainCallRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Explanation__Output>): grpc.ClientUnaryCall;
  explainCall(argument: _raftel_v1_ExplainCallRequest, callback: grpc.requestCallback<_raftel_v1_Explanation__Output>): grpc.ClientUnaryCall;
  
  GetCall(argument: _raftel_v1_GetCallRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  GetCall(argument: _raftel_v1_GetCallRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  GetCall(argument: _raftel_v1_GetCallRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  GetCall(argument: _raftel_v1_GetCallRequest, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  getCall(argument: _raftel_v1_GetCallRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  getCall(argument: _raftel_v1_GetCallRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  getCall(argument: _raftel_v1_GetCallRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  getCall(argument: _raftel_v1_GetCallRequest, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  
  GetCluster(argument: _raftel_v1_GetClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  GetCluster(argument: _raftel_v1_GetClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  GetCluster(argument: _raftel_v1_GetClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  GetCluster(argument: _raftel_v1_GetClusterRequest, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _raftel_v1_GetClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _raftel_v1_GetClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _raftel_v1_GetClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _raftel_v1_GetClusterRequest, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  
  GetHashes(argument: _raftel_v1_GetHashesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_StateHashes__Output>): grpc.ClientUnaryCall;
  GetHashes(argument: _raftel_v1_GetHashesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_StateHashes__Output>): grpc.ClientUnaryCall;
  GetHashes(argument: _raftel_v1_GetHashesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_StateHashes__Output>): grpc.ClientUnaryCall;
  GetHashes(argument: _raftel_v1_GetHashesRequest, callback: grpc.requestCallback<_raftel_v1_StateHashes__Output>): grpc.ClientUnaryCall;
  getHashes(argument: _raftel_v1_GetHashesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_StateHashes__Output>): grpc.ClientUnaryCall;
  getHashes(argument: _raftel_v1_GetHashesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_StateHashes__Output>): grpc.ClientUnaryCall;
  getHashes(argument: _raftel_v1_GetHashesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_StateHashes__Output>): grpc.ClientUnaryCall;
  getHashes(argument: _raftel_v1_GetHashesRequest, callback: grpc.requestCallback<_raftel_v1_StateHashes__Output>): grpc.ClientUnaryCall;
  
  GetHealth(argument: _raftel_v1_GetHealthRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Health__Output>): grpc.ClientUnaryCall;
  GetHealth(argument: _raftel_v1_GetHealthRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Health__Output>): grpc.ClientUnaryCall;
  GetHealth(argument: _raftel_v1_GetHealthRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Health__Output>): grpc.ClientUnaryCall;
  GetHealth(argument: _raftel_v1_GetHealthRequest, callback: grpc.requestCallback<_raftel_v1_Health__Output>): grpc.ClientUnaryCall;
  getHealth(argument: _raftel_v1_GetHealthRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Health__Output>): grpc.ClientUnaryCall;
  getHealth(argument: _raftel_v1_GetHealthRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Health__Output>): grpc.ClientUnaryCall;
  getHealth(argument: _raftel_v1_GetHealthRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Health__Output>): grpc.ClientUnaryCall;
  getHealth(argument: _raftel_v1_GetHealthRequest, callback: grpc.requestCallback<_raftel_v1_Health__Output>): grpc.ClientUnaryCall;
  
  GetNode(argument: _raftel_v1_GetNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_NodeStatus__Output>): grpc.ClientUnaryCall;
  GetNode(argument: _raftel_v1_GetNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_NodeStatus__Output>): grpc.ClientUnaryCall;
  GetNode(argument: _raftel_v1_GetNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_NodeStatus__Output>): grpc.ClientUnaryCall;
  GetNode(argument: _raftel_v1_GetNodeRequest, callback: grpc.requestCallback<_raftel_v1_NodeStatus__Output>): grpc.ClientUnaryCall;
  getNode(argument: _raftel_v1_GetNodeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_NodeStatus__Output>): grpc.ClientUnaryCall;
  getNode(argument: _raftel_v1_GetNodeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_NodeStatus__Output>): grpc.ClientUnaryCall;
  getNode(argument: _raftel_v1_GetNodeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_NodeStatus__Output>): grpc.ClientUnaryCall;
  getNode(argument: _raftel_v1_GetNodeRequest, callback: grpc.requestCallback<_raftel_v1_NodeStatus__Output>): grpc.ClientUnaryCall;
  
  GetOverview(argument: _raftel_v1_GetOverviewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Overview__Output>): grpc.ClientUnaryCall;
  GetOverview(argument: _raftel_v1_GetOverviewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Overview__Output>): grpc.ClientUnaryCall;
  GetOverview(argument: _raftel_v1_GetOverviewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Overview__Output>): grpc.ClientUnaryCall;
  GetOverview(argument: _raftel_v1_GetOverviewRequest, callback: grpc.requestCallback<_raftel_v1_Overview__Output>): grpc.ClientUnaryCall;
  getOverview(argument: _raftel_v1_GetOverviewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Overview__Output>): grpc.ClientUnaryCall;
  getOverview(argument: _raftel_v1_GetOverviewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Overview__Output>): grpc.ClientUnaryCall;
  getOverview(argument: _raftel_v1_GetOverviewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Overview__Output>): grpc.ClientUnaryCall;
  getOverview(argument: _raftel_v1_GetOverviewRequest, callback: grpc.requestCallback<_raftel_v1_Overview__Output>): grpc.ClientUnaryCall;
  
  GetPlan(argument: _raftel_v1_GetPlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  GetPlan(argument: _raftel_v1_GetPlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  GetPlan(argument: _raftel_v1_GetPlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  GetPlan(argument: _raftel_v1_GetPlanRequest, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  getPlan(argument: _raftel_v1_GetPlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  getPlan(argument: _raftel_v1_GetPlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  getPlan(argument: _raftel_v1_GetPlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  getPlan(argument: _raftel_v1_GetPlanRequest, callback: grpc.requestCallback<_raftel_v1_Plan__Output>): grpc.ClientUnaryCall;
  
  HangUpCall(argument: _raftel_v1_HangUpCallRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  HangUpCall(argument: _raftel_v1_HangUpCallRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  HangUpCall(argument: _raftel_v1_HangUpCallRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  HangUpCall(argument: _raftel_v1_HangUpCallRequest, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  hangUpCall(argument: _raftel_v1_HangUpCallRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  hangUpCall(argument: _raftel_v1_HangUpCallRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  hangUpCall(argument: _raftel_v1_HangUpCallRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  hangUpCall(argument: _raftel_v1_HangUpCallRequest, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  
  ListBans(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_BanPage__Output>): grpc.ClientUnaryCall;
  ListBans(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_BanPage__Output>): grpc.ClientUnaryCall;
  ListBans(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_BanPage__Output>): grpc.ClientUnaryCall;
  ListBans(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_BanPage__Output>): grpc.ClientUnaryCall;
  listBans(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_BanPage__Output>): grpc.ClientUnaryCall;
  listBans(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_BanPage__Output>): grpc.ClientUnaryCall;
  listBans(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_BanPage__Output>): grpc.ClientUnaryCall;
  listBans(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_BanPage__Output>): grpc.ClientUnaryCall;
  
  ListCalls(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CallPage__Output>): grpc.ClientUnaryCall;
  ListCalls(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_CallPage__Output>): grpc.ClientUnaryCall;
  ListCalls(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CallPage__Output>): grpc.ClientUnaryCall;
  ListCalls(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_CallPage__Output>): grpc.ClientUnaryCall;
  listCalls(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CallPage__Output>): grpc.ClientUnaryCall;
  listCalls(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_CallPage__Output>): grpc.ClientUnaryCall;
  listCalls(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CallPage__Output>): grpc.ClientUnaryCall;
  listCalls(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_CallPage__Output>): grpc.ClientUnaryCall;
  
  ListRegistrations(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  ListRegistrations(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  ListRegistrations(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  ListRegistrations(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  listRegistrations(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  listRegistrations(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  listRegistrations(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  listRegistrations(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  
  ListUsers(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  ListUsers(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  ListUsers(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  ListUsers(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  listUsers(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  listUsers(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  listUsers(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  listUsers(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  
  PromoteMember(argument: _raftel_v1_PromoteMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  PromoteMember(argument: _raftel_v1_PromoteMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  PromoteMember(argument: _raftel_v1_PromoteMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  PromoteMember(argument: _raftel_v1_PromoteMemberRequest, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  promoteMember(argument: _raftel_v1_PromoteMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  promoteMember(argument: _raftel_v1_PromoteMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  promoteMember(argument: _raftel_v1_PromoteMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  promoteMember(argument: _raftel_v1_PromoteMemberRequest, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  
  RemoveBan(argument: _raftel_v1_RemoveBanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  RemoveBan(argument: _raftel_v1_RemoveBanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  RemoveBan(argument: _raftel_v1_RemoveBanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  RemoveBan(argument: _raftel_v1_RemoveBanRequest, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  removeBan(argument: _raftel_v1_RemoveBanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  removeBan(argument: _raftel_v1_RemoveBanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  removeBan(argument: _raftel_v1_RemoveBanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  removeBan(argument: _raftel_v1_RemoveBanRequest, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  
  RemoveMember(argument: _raftel_v1_RemoveMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  RemoveMember(argument: _raftel_v1_RemoveMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  RemoveMember(argument: _raftel_v1_RemoveMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  RemoveMember(argument: _raftel_v1_RemoveMemberRequest, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _raftel_v1_RemoveMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _raftel_v1_RemoveMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _raftel_v1_RemoveMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _raftel_v1_RemoveMemberRequest, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  
  SaveSnapshot(argument: _raftel_v1_SaveSnapshotRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_SnapshotBytes__Output>;
  SaveSnapshot(argument: _raftel_v1_SaveSnapshotRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_SnapshotBytes__Output>;
  saveSnapshot(argument: _raftel_v1_SaveSnapshotRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_SnapshotBytes__Output>;
  saveSnapshot(argument: _raftel_v1_SaveSnapshotRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_SnapshotBytes__Output>;
  
  TraceCall(argument: _raftel_v1_TraceCallRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Traced__Output>;
  TraceCall(argument: _raftel_v1_TraceCallRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Traced__Output>;
  traceCall(argument: _raftel_v1_TraceCallRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Traced__Output>;
  traceCall(argument: _raftel_v1_TraceCallRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Traced__Output>;
  
  TransferLeader(argument: _raftel_v1_TransferLeaderRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TransferLeaderReply__Output>): grpc.ClientUnaryCall;
  TransferLeader(argument: _raftel_v1_TransferLeaderRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_TransferLeaderReply__Output>): grpc.ClientUnaryCall;
  TransferLeader(argument: _raftel_v1_TransferLeaderRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TransferLeaderReply__Output>): grpc.ClientUnaryCall;
  TransferLeader(argument: _raftel_v1_TransferLeaderRequest, callback: grpc.requestCallback<_raftel_v1_TransferLeaderReply__Output>): grpc.ClientUnaryCall;
  transferLeader(argument: _raftel_v1_TransferLeaderRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TransferLeaderReply__Output>): grpc.ClientUnaryCall;
  transferLeader(argument: _raftel_v1_TransferLeaderRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_TransferLeaderReply__Output>): grpc.ClientUnaryCall;
  transferLeader(argument: _raftel_v1_TransferLeaderRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TransferLeaderReply__Output>): grpc.ClientUnaryCall;
  transferLeader(argument: _raftel_v1_TransferLeaderRequest, callback: grpc.requestCallback<_raftel_v1_TransferLeaderReply__Output>): grpc.ClientUnaryCall;
  
  VerifyCluster(argument: _raftel_v1_VerifyClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ClusterVerdict__Output>): grpc.ClientUnaryCall;
  VerifyCluster(argument: _raftel_v1_VerifyClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_ClusterVerdict__Output>): grpc.ClientUnaryCall;
  VerifyCluster(argument: _raftel_v1_VerifyClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ClusterVerdict__Output>): grpc.ClientUnaryCall;
  VerifyCluster(argument: _raftel_v1_VerifyClusterRequest, callback: grpc.requestCallback<_raftel_v1_ClusterVerdict__Output>): grpc.ClientUnaryCall;
  verifyCluster(argument: _raftel_v1_VerifyClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ClusterVerdict__Output>): grpc.ClientUnaryCall;
  verifyCluster(argument: _raftel_v1_VerifyClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_ClusterVerdict__Output>): grpc.ClientUnaryCall;
  verifyCluster(argument: _raftel_v1_VerifyClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ClusterVerdict__Output>): grpc.ClientUnaryCall;
  verifyCluster(argument: _raftel_v1_VerifyClusterRequest, callback: grpc.requestCallback<_raftel_v1_ClusterVerdict__Output>): grpc.ClientUnaryCall;
  
  Watch(argument: _raftel_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Change__Output>;
  Watch(argument: _raftel_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Change__Output>;
  watch(argument: _raftel_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Change__Output>;
  watch(argument: _raftel_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Change__Output>;
  
}

export interface ControlHandlers extends grpc.UntypedServiceImplementation {
  AddBan: grpc.handleUnaryCall<_raftel_v1_AddBanRequest__Output, _raftel_v1_Ban>;
  
  AddMember: grpc.handleUnaryCall<_raftel_v1_AddMemberRequest__Output, _raftel_v1_Members>;
  
  AddUser: grpc.handleUnaryCall<_raftel_v1_AddUserRequest__Output, _raftel_v1_User>;
  
  CommitPlan: grpc.handleUnaryCall<_raftel_v1_CommitPlanRequest__Output, _raftel_v1_Plan>;
  
  Events: grpc.handleServerStreamingCall<_raftel_v1_EventsRequest__Output, _raftel_v1_Event>;
  
  ExplainCall: grpc.handleUnaryCall<_raftel_v1_ExplainCallRequest__Output, _raftel_v1_Explanation>;
  
  GetCall: grpc.handleUnaryCall<_raftel_v1_GetCallRequest__Output, _raftel_v1_Call>;
  
  GetCluster: grpc.handleUnaryCall<_raftel_v1_GetClusterRequest__Output, _raftel_v1_ClusterStatus>;
  
  GetHashes: grpc.handleUnaryCall<_raftel_v1_GetHashesRequest__Output, _raftel_v1_StateHashes>;
  
  GetHealth: grpc.handleUnaryCall<_raftel_v1_GetHealthRequest__Output, _raftel_v1_Health>;
  
  GetNode: grpc.handleUnaryCall<_raftel_v1_GetNodeRequest__Output, _raftel_v1_NodeStatus>;
  
  GetOverview: grpc.handleUnaryCall<_raftel_v1_GetOverviewRequest__Output, _raftel_v1_Overview>;
  
  GetPlan: grpc.handleUnaryCall<_raftel_v1_GetPlanRequest__Output, _raftel_v1_Plan>;
  
  HangUpCall: grpc.handleUnaryCall<_raftel_v1_HangUpCallRequest__Output, _raftel_v1_HangUpCallReply>;
  
  ListBans: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_BanPage>;
  
  ListCalls: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_CallPage>;
  
  ListRegistrations: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_RegistrationPage>;
  
  ListUsers: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_UserPage>;
  
  PromoteMember: grpc.handleUnaryCall<_raftel_v1_PromoteMemberRequest__Output, _raftel_v1_Members>;
  
  RemoveBan: grpc.handleUnaryCall<_raftel_v1_RemoveBanRequest__Output, _raftel_v1_Ban>;
  
  RemoveMember: grpc.handleUnaryCall<_raftel_v1_RemoveMemberRequest__Output, _raftel_v1_Members>;
  
  SaveSnapshot: grpc.handleServerStreamingCall<_raftel_v1_SaveSnapshotRequest__Output, _raftel_v1_SnapshotBytes>;
  
  TraceCall: grpc.handleServerStreamingCall<_raftel_v1_TraceCallRequest__Output, _raftel_v1_Traced>;
  
  TransferLeader: grpc.handleUnaryCall<_raftel_v1_TransferLeaderRequest__Output, _raftel_v1_TransferLeaderReply>;
  
  VerifyCluster: grpc.handleUnaryCall<_raftel_v1_VerifyClusterRequest__Output, _raftel_v1_ClusterVerdict>;
  
  Watch: grpc.handleServerStreamingCall<_raftel_v1_WatchRequest__Output, _raftel_v1_Change>;
  
}

export interface ControlDefinition extends grpc.ServiceDefinition {
  AddBan: MethodDefinition<_raftel_v1_AddBanRequest, _raftel_v1_Ban, _raftel_v1_AddBanRequest__Output, _raftel_v1_Ban__Output>
  AddMember: MethodDefinition<_raftel_v1_AddMemberRequest, _raftel_v1_Members, _raftel_v1_AddMemberRequest__Output, _raftel_v1_Members__Output>
  AddUser: MethodDefinition<_raftel_v1_AddUserRequest, _raftel_v1_User, _raftel_v1_AddUserRequest__Output, _raftel_v1_User__Output>
  CommitPlan: MethodDefinition<_raftel_v1_CommitPlanRequest, _raftel_v1_Plan, _raftel_v1_CommitPlanRequest__Output, _raftel_v1_Plan__Output>
  Events: MethodDefinition<_raftel_v1_EventsRequest, _raftel_v1_Event, _raftel_v1_EventsRequest__Output, _raftel_v1_Event__Output>
  ExplainCall: MethodDefinition<_raftel_v1_ExplainCallRequest, _raftel_v1_Explanation, _raftel_v1_ExplainCallRequest__Output, _raftel_v1_Explanation__Output>
  GetCall: MethodDefinition<_raftel_v1_GetCallRequest, _raftel_v1_Call, _raftel_v1_GetCallRequest__Output, _raftel_v1_Call__Output>
  GetCluster: MethodDefinition<_raftel_v1_GetClusterRequest, _raftel_v1_ClusterStatus, _raftel_v1_GetClusterRequest__Output, _raftel_v1_ClusterStatus__Output>
  GetHashes: MethodDefinition<_raftel_v1_GetHashesRequest, _raftel_v1_StateHashes, _raftel_v1_GetHashesRequest__Output, _raftel_v1_StateHashes__Output>
  GetHealth: MethodDefinition<_raftel_v1_GetHealthRequest, _raftel_v1_Health, _raftel_v1_GetHealthRequest__Output, _raftel_v1_Health__Output>
  GetNode: MethodDefinition<_raftel_v1_GetNodeRequest, _raftel_v1_NodeStatus, _raftel_v1_GetNodeRequest__Output, _raftel_v1_NodeStatus__Output>
  GetOverview: MethodDefinition<_raftel_v1_GetOverviewRequest, _raftel_v1_Overview, _raftel_v1_GetOverviewRequest__Output, _raftel_v1_Overview__Output>
  GetPlan: MethodDefinition<_raftel_v1_GetPlanRequest, _raftel_v1_Plan, _raftel_v1_GetPlanRequest__Output, _raftel_v1_Plan__Output>
  HangUpCall: MethodDefinition<_raftel_v1_HangUpCallRequest, _raftel_v1_HangUpCallReply, _raftel_v1_HangUpCallRequest__Output, _raftel_v1_HangUpCallReply__Output>
  ListBans: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_BanPage, _raftel_v1_ListRequest__Output, _raftel_v1_BanPage__Output>
  ListCalls: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_CallPage, _raftel_v1_ListRequest__Output, _raftel_v1_CallPage__Output>
  ListRegistrations: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_RegistrationPage, _raftel_v1_ListRequest__Output, _raftel_v1_RegistrationPage__Output>
  ListUsers: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_UserPage, _raftel_v1_ListRequest__Output, _raftel_v1_UserPage__Output>
  PromoteMember: MethodDefinition<_raftel_v1_PromoteMemberRequest, _raftel_v1_Members, _raftel_v1_PromoteMemberRequest__Output, _raftel_v1_Members__Output>
  RemoveBan: MethodDefinition<_raftel_v1_RemoveBanRequest, _raftel_v1_Ban, _raftel_v1_RemoveBanRequest__Output, _raftel_v1_Ban__Output>
  RemoveMember: MethodDefinition<_raftel_v1_RemoveMemberRequest, _raftel_v1_Members, _raftel_v1_RemoveMemberRequest__Output, _raftel_v1_Members__Output>
  SaveSnapshot: MethodDefinition<_raftel_v1_SaveSnapshotRequest, _raftel_v1_SnapshotBytes, _raftel_v1_SaveSnapshotRequest__Output, _raftel_v1_SnapshotBytes__Output>
  TraceCall: MethodDefinition<_raftel_v1_TraceCallRequest, _raftel_v1_Traced, _raftel_v1_TraceCallRequest__Output, _raftel_v1_Traced__Output>
  TransferLeader: MethodDefinition<_raftel_v1_TransferLeaderRequest, _raftel_v1_TransferLeaderReply, _raftel_v1_TransferLeaderRequest__Output, _raftel_v1_TransferLeaderReply__Output>
  VerifyCluster: MethodDefinition<_raftel_v1_VerifyClusterRequest, _raftel_v1_ClusterVerdict, _raftel_v1_VerifyClusterRequest__Output, _raftel_v1_ClusterVerdict__Output>
  Watch: MethodDefinition<_raftel_v1_WatchRequest, _raftel_v1_Change, _raftel_v1_WatchRequest__Output, _raftel_v1_Change__Output>
}
