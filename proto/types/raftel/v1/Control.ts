// Original file: proto/control.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AddBanRequest as _raftel_v1_AddBanRequest, AddBanRequest__Output as _raftel_v1_AddBanRequest__Output } from '../../raftel/v1/AddBanRequest.ts';
import type { AddCreditRequest as _raftel_v1_AddCreditRequest, AddCreditRequest__Output as _raftel_v1_AddCreditRequest__Output } from '../../raftel/v1/AddCreditRequest.ts';
import type { AddMemberRequest as _raftel_v1_AddMemberRequest, AddMemberRequest__Output as _raftel_v1_AddMemberRequest__Output } from '../../raftel/v1/AddMemberRequest.ts';
import type { AddSinkRequest as _raftel_v1_AddSinkRequest, AddSinkRequest__Output as _raftel_v1_AddSinkRequest__Output } from '../../raftel/v1/AddSinkRequest.ts';
import type { AddUserRequest as _raftel_v1_AddUserRequest, AddUserRequest__Output as _raftel_v1_AddUserRequest__Output } from '../../raftel/v1/AddUserRequest.ts';
import type { AuditPage as _raftel_v1_AuditPage, AuditPage__Output as _raftel_v1_AuditPage__Output } from '../../raftel/v1/AuditPage.ts';
import type { Ban as _raftel_v1_Ban, Ban__Output as _raftel_v1_Ban__Output } from '../../raftel/v1/Ban.ts';
import type { BanPage as _raftel_v1_BanPage, BanPage__Output as _raftel_v1_BanPage__Output } from '../../raftel/v1/BanPage.ts';
import type { Call as _raftel_v1_Call, Call__Output as _raftel_v1_Call__Output } from '../../raftel/v1/Call.ts';
import type { CallPage as _raftel_v1_CallPage, CallPage__Output as _raftel_v1_CallPage__Output } from '../../raftel/v1/CallPage.ts';
import type { Cdr as _raftel_v1_Cdr, Cdr__Output as _raftel_v1_Cdr__Output } from '../../raftel/v1/Cdr.ts';
import type { CdrPage as _raftel_v1_CdrPage, CdrPage__Output as _raftel_v1_CdrPage__Output } from '../../raftel/v1/CdrPage.ts';
import type { Change as _raftel_v1_Change, Change__Output as _raftel_v1_Change__Output } from '../../raftel/v1/Change.ts';
import type { ClusterStatus as _raftel_v1_ClusterStatus, ClusterStatus__Output as _raftel_v1_ClusterStatus__Output } from '../../raftel/v1/ClusterStatus.ts';
import type { ClusterVerdict as _raftel_v1_ClusterVerdict, ClusterVerdict__Output as _raftel_v1_ClusterVerdict__Output } from '../../raftel/v1/ClusterVerdict.ts';
import type { CommitList as _raftel_v1_CommitList, CommitList__Output as _raftel_v1_CommitList__Output } from '../../raftel/v1/CommitList.ts';
import type { CommitPlanRequest as _raftel_v1_CommitPlanRequest, CommitPlanRequest__Output as _raftel_v1_CommitPlanRequest__Output } from '../../raftel/v1/CommitPlanRequest.ts';
import type { Credit as _raftel_v1_Credit, Credit__Output as _raftel_v1_Credit__Output } from '../../raftel/v1/Credit.ts';
import type { CreditAccount as _raftel_v1_CreditAccount, CreditAccount__Output as _raftel_v1_CreditAccount__Output } from '../../raftel/v1/CreditAccount.ts';
import type { CreditPage as _raftel_v1_CreditPage, CreditPage__Output as _raftel_v1_CreditPage__Output } from '../../raftel/v1/CreditPage.ts';
import type { Decisions as _raftel_v1_Decisions, Decisions__Output as _raftel_v1_Decisions__Output } from '../../raftel/v1/Decisions.ts';
import type { Deck as _raftel_v1_Deck, Deck__Output as _raftel_v1_Deck__Output } from '../../raftel/v1/Deck.ts';
import type { DeckName as _raftel_v1_DeckName, DeckName__Output as _raftel_v1_DeckName__Output } from '../../raftel/v1/DeckName.ts';
import type { DeckPage as _raftel_v1_DeckPage, DeckPage__Output as _raftel_v1_DeckPage__Output } from '../../raftel/v1/DeckPage.ts';
import type { Event as _raftel_v1_Event, Event__Output as _raftel_v1_Event__Output } from '../../raftel/v1/Event.ts';
import type { EventsRequest as _raftel_v1_EventsRequest, EventsRequest__Output as _raftel_v1_EventsRequest__Output } from '../../raftel/v1/EventsRequest.ts';
import type { ExplainCallRequest as _raftel_v1_ExplainCallRequest, ExplainCallRequest__Output as _raftel_v1_ExplainCallRequest__Output } from '../../raftel/v1/ExplainCallRequest.ts';
import type { ExplainRouteRequest as _raftel_v1_ExplainRouteRequest, ExplainRouteRequest__Output as _raftel_v1_ExplainRouteRequest__Output } from '../../raftel/v1/ExplainRouteRequest.ts';
import type { Explanation as _raftel_v1_Explanation, Explanation__Output as _raftel_v1_Explanation__Output } from '../../raftel/v1/Explanation.ts';
import type { GetCallRequest as _raftel_v1_GetCallRequest, GetCallRequest__Output as _raftel_v1_GetCallRequest__Output } from '../../raftel/v1/GetCallRequest.ts';
import type { GetCdrRequest as _raftel_v1_GetCdrRequest, GetCdrRequest__Output as _raftel_v1_GetCdrRequest__Output } from '../../raftel/v1/GetCdrRequest.ts';
import type { GetClusterRequest as _raftel_v1_GetClusterRequest, GetClusterRequest__Output as _raftel_v1_GetClusterRequest__Output } from '../../raftel/v1/GetClusterRequest.ts';
import type { GetHashesRequest as _raftel_v1_GetHashesRequest, GetHashesRequest__Output as _raftel_v1_GetHashesRequest__Output } from '../../raftel/v1/GetHashesRequest.ts';
import type { GetHealthRequest as _raftel_v1_GetHealthRequest, GetHealthRequest__Output as _raftel_v1_GetHealthRequest__Output } from '../../raftel/v1/GetHealthRequest.ts';
import type { GetNodeRequest as _raftel_v1_GetNodeRequest, GetNodeRequest__Output as _raftel_v1_GetNodeRequest__Output } from '../../raftel/v1/GetNodeRequest.ts';
import type { GetOverviewRequest as _raftel_v1_GetOverviewRequest, GetOverviewRequest__Output as _raftel_v1_GetOverviewRequest__Output } from '../../raftel/v1/GetOverviewRequest.ts';
import type { GetPlanRequest as _raftel_v1_GetPlanRequest, GetPlanRequest__Output as _raftel_v1_GetPlanRequest__Output } from '../../raftel/v1/GetPlanRequest.ts';
import type { GetTrunkRequest as _raftel_v1_GetTrunkRequest, GetTrunkRequest__Output as _raftel_v1_GetTrunkRequest__Output } from '../../raftel/v1/GetTrunkRequest.ts';
import type { HangUpCallReply as _raftel_v1_HangUpCallReply, HangUpCallReply__Output as _raftel_v1_HangUpCallReply__Output } from '../../raftel/v1/HangUpCallReply.ts';
import type { HangUpCallRequest as _raftel_v1_HangUpCallRequest, HangUpCallRequest__Output as _raftel_v1_HangUpCallRequest__Output } from '../../raftel/v1/HangUpCallRequest.ts';
import type { Health as _raftel_v1_Health, Health__Output as _raftel_v1_Health__Output } from '../../raftel/v1/Health.ts';
import type { ImportReport as _raftel_v1_ImportReport, ImportReport__Output as _raftel_v1_ImportReport__Output } from '../../raftel/v1/ImportReport.ts';
import type { ImportUsersReply as _raftel_v1_ImportUsersReply, ImportUsersReply__Output as _raftel_v1_ImportUsersReply__Output } from '../../raftel/v1/ImportUsersReply.ts';
import type { ImportUsersRequest as _raftel_v1_ImportUsersRequest, ImportUsersRequest__Output as _raftel_v1_ImportUsersRequest__Output } from '../../raftel/v1/ImportUsersRequest.ts';
import type { Limit as _raftel_v1_Limit, Limit__Output as _raftel_v1_Limit__Output } from '../../raftel/v1/Limit.ts';
import type { LimitKey as _raftel_v1_LimitKey, LimitKey__Output as _raftel_v1_LimitKey__Output } from '../../raftel/v1/LimitKey.ts';
import type { LimitPage as _raftel_v1_LimitPage, LimitPage__Output as _raftel_v1_LimitPage__Output } from '../../raftel/v1/LimitPage.ts';
import type { ListAuditRequest as _raftel_v1_ListAuditRequest, ListAuditRequest__Output as _raftel_v1_ListAuditRequest__Output } from '../../raftel/v1/ListAuditRequest.ts';
import type { ListCdrsRequest as _raftel_v1_ListCdrsRequest, ListCdrsRequest__Output as _raftel_v1_ListCdrsRequest__Output } from '../../raftel/v1/ListCdrsRequest.ts';
import type { ListCommitsRequest as _raftel_v1_ListCommitsRequest, ListCommitsRequest__Output as _raftel_v1_ListCommitsRequest__Output } from '../../raftel/v1/ListCommitsRequest.ts';
import type { ListPlansRequest as _raftel_v1_ListPlansRequest, ListPlansRequest__Output as _raftel_v1_ListPlansRequest__Output } from '../../raftel/v1/ListPlansRequest.ts';
import type { ListRatesRequest as _raftel_v1_ListRatesRequest, ListRatesRequest__Output as _raftel_v1_ListRatesRequest__Output } from '../../raftel/v1/ListRatesRequest.ts';
import type { ListRequest as _raftel_v1_ListRequest, ListRequest__Output as _raftel_v1_ListRequest__Output } from '../../raftel/v1/ListRequest.ts';
import type { Members as _raftel_v1_Members, Members__Output as _raftel_v1_Members__Output } from '../../raftel/v1/Members.ts';
import type { NodeStatus as _raftel_v1_NodeStatus, NodeStatus__Output as _raftel_v1_NodeStatus__Output } from '../../raftel/v1/NodeStatus.ts';
import type { Operator as _raftel_v1_Operator, Operator__Output as _raftel_v1_Operator__Output } from '../../raftel/v1/Operator.ts';
import type { OperatorName as _raftel_v1_OperatorName, OperatorName__Output as _raftel_v1_OperatorName__Output } from '../../raftel/v1/OperatorName.ts';
import type { OperatorPage as _raftel_v1_OperatorPage, OperatorPage__Output as _raftel_v1_OperatorPage__Output } from '../../raftel/v1/OperatorPage.ts';
import type { OperatorToken as _raftel_v1_OperatorToken, OperatorToken__Output as _raftel_v1_OperatorToken__Output } from '../../raftel/v1/OperatorToken.ts';
import type { Overview as _raftel_v1_Overview, Overview__Output as _raftel_v1_Overview__Output } from '../../raftel/v1/Overview.ts';
import type { PauseSinkRequest as _raftel_v1_PauseSinkRequest, PauseSinkRequest__Output as _raftel_v1_PauseSinkRequest__Output } from '../../raftel/v1/PauseSinkRequest.ts';
import type { Plan as _raftel_v1_Plan, Plan__Output as _raftel_v1_Plan__Output } from '../../raftel/v1/Plan.ts';
import type { PlanChanged as _raftel_v1_PlanChanged, PlanChanged__Output as _raftel_v1_PlanChanged__Output } from '../../raftel/v1/PlanChanged.ts';
import type { PlanList as _raftel_v1_PlanList, PlanList__Output as _raftel_v1_PlanList__Output } from '../../raftel/v1/PlanList.ts';
import type { PlanVerdict as _raftel_v1_PlanVerdict, PlanVerdict__Output as _raftel_v1_PlanVerdict__Output } from '../../raftel/v1/PlanVerdict.ts';
import type { Price as _raftel_v1_Price, Price__Output as _raftel_v1_Price__Output } from '../../raftel/v1/Price.ts';
import type { PriceRequest as _raftel_v1_PriceRequest, PriceRequest__Output as _raftel_v1_PriceRequest__Output } from '../../raftel/v1/PriceRequest.ts';
import type { Profile as _raftel_v1_Profile, Profile__Output as _raftel_v1_Profile__Output } from '../../raftel/v1/Profile.ts';
import type { ProfilePage as _raftel_v1_ProfilePage, ProfilePage__Output as _raftel_v1_ProfilePage__Output } from '../../raftel/v1/ProfilePage.ts';
import type { PromoteMemberRequest as _raftel_v1_PromoteMemberRequest, PromoteMemberRequest__Output as _raftel_v1_PromoteMemberRequest__Output } from '../../raftel/v1/PromoteMemberRequest.ts';
import type { PutOperatorRequest as _raftel_v1_PutOperatorRequest, PutOperatorRequest__Output as _raftel_v1_PutOperatorRequest__Output } from '../../raftel/v1/PutOperatorRequest.ts';
import type { PutTenantRequest as _raftel_v1_PutTenantRequest, PutTenantRequest__Output as _raftel_v1_PutTenantRequest__Output } from '../../raftel/v1/PutTenantRequest.ts';
import type { PutTrunkRequest as _raftel_v1_PutTrunkRequest, PutTrunkRequest__Output as _raftel_v1_PutTrunkRequest__Output } from '../../raftel/v1/PutTrunkRequest.ts';
import type { RatePage as _raftel_v1_RatePage, RatePage__Output as _raftel_v1_RatePage__Output } from '../../raftel/v1/RatePage.ts';
import type { RatesPart as _raftel_v1_RatesPart, RatesPart__Output as _raftel_v1_RatesPart__Output } from '../../raftel/v1/RatesPart.ts';
import type { RecentDecisionsRequest as _raftel_v1_RecentDecisionsRequest, RecentDecisionsRequest__Output as _raftel_v1_RecentDecisionsRequest__Output } from '../../raftel/v1/RecentDecisionsRequest.ts';
import type { RegistrationPage as _raftel_v1_RegistrationPage, RegistrationPage__Output as _raftel_v1_RegistrationPage__Output } from '../../raftel/v1/RegistrationPage.ts';
import type { RemoveBanRequest as _raftel_v1_RemoveBanRequest, RemoveBanRequest__Output as _raftel_v1_RemoveBanRequest__Output } from '../../raftel/v1/RemoveBanRequest.ts';
import type { RemoveMemberRequest as _raftel_v1_RemoveMemberRequest, RemoveMemberRequest__Output as _raftel_v1_RemoveMemberRequest__Output } from '../../raftel/v1/RemoveMemberRequest.ts';
import type { RemovePlanRequest as _raftel_v1_RemovePlanRequest, RemovePlanRequest__Output as _raftel_v1_RemovePlanRequest__Output } from '../../raftel/v1/RemovePlanRequest.ts';
import type { RemoveSinkRequest as _raftel_v1_RemoveSinkRequest, RemoveSinkRequest__Output as _raftel_v1_RemoveSinkRequest__Output } from '../../raftel/v1/RemoveSinkRequest.ts';
import type { RemoveTrunkRequest as _raftel_v1_RemoveTrunkRequest, RemoveTrunkRequest__Output as _raftel_v1_RemoveTrunkRequest__Output } from '../../raftel/v1/RemoveTrunkRequest.ts';
import type { Replay as _raftel_v1_Replay, Replay__Output as _raftel_v1_Replay__Output } from '../../raftel/v1/Replay.ts';
import type { ReplayPlanRequest as _raftel_v1_ReplayPlanRequest, ReplayPlanRequest__Output as _raftel_v1_ReplayPlanRequest__Output } from '../../raftel/v1/ReplayPlanRequest.ts';
import type { RollbackPlanRequest as _raftel_v1_RollbackPlanRequest, RollbackPlanRequest__Output as _raftel_v1_RollbackPlanRequest__Output } from '../../raftel/v1/RollbackPlanRequest.ts';
import type { RouteExplanation as _raftel_v1_RouteExplanation, RouteExplanation__Output as _raftel_v1_RouteExplanation__Output } from '../../raftel/v1/RouteExplanation.ts';
import type { SaveSnapshotRequest as _raftel_v1_SaveSnapshotRequest, SaveSnapshotRequest__Output as _raftel_v1_SaveSnapshotRequest__Output } from '../../raftel/v1/SaveSnapshotRequest.ts';
import type { SetProfileRequest as _raftel_v1_SetProfileRequest, SetProfileRequest__Output as _raftel_v1_SetProfileRequest__Output } from '../../raftel/v1/SetProfileRequest.ts';
import type { Sink as _raftel_v1_Sink, Sink__Output as _raftel_v1_Sink__Output } from '../../raftel/v1/Sink.ts';
import type { SinkPage as _raftel_v1_SinkPage, SinkPage__Output as _raftel_v1_SinkPage__Output } from '../../raftel/v1/SinkPage.ts';
import type { SnapshotBytes as _raftel_v1_SnapshotBytes, SnapshotBytes__Output as _raftel_v1_SnapshotBytes__Output } from '../../raftel/v1/SnapshotBytes.ts';
import type { StateHashes as _raftel_v1_StateHashes, StateHashes__Output as _raftel_v1_StateHashes__Output } from '../../raftel/v1/StateHashes.ts';
import type { Tenant as _raftel_v1_Tenant, Tenant__Output as _raftel_v1_Tenant__Output } from '../../raftel/v1/Tenant.ts';
import type { TenantName as _raftel_v1_TenantName, TenantName__Output as _raftel_v1_TenantName__Output } from '../../raftel/v1/TenantName.ts';
import type { TenantPage as _raftel_v1_TenantPage, TenantPage__Output as _raftel_v1_TenantPage__Output } from '../../raftel/v1/TenantPage.ts';
import type { TestPlanRequest as _raftel_v1_TestPlanRequest, TestPlanRequest__Output as _raftel_v1_TestPlanRequest__Output } from '../../raftel/v1/TestPlanRequest.ts';
import type { TestResults as _raftel_v1_TestResults, TestResults__Output as _raftel_v1_TestResults__Output } from '../../raftel/v1/TestResults.ts';
import type { TraceCallRequest as _raftel_v1_TraceCallRequest, TraceCallRequest__Output as _raftel_v1_TraceCallRequest__Output } from '../../raftel/v1/TraceCallRequest.ts';
import type { Traced as _raftel_v1_Traced, Traced__Output as _raftel_v1_Traced__Output } from '../../raftel/v1/Traced.ts';
import type { TransferLeaderReply as _raftel_v1_TransferLeaderReply, TransferLeaderReply__Output as _raftel_v1_TransferLeaderReply__Output } from '../../raftel/v1/TransferLeaderReply.ts';
import type { TransferLeaderRequest as _raftel_v1_TransferLeaderRequest, TransferLeaderRequest__Output as _raftel_v1_TransferLeaderRequest__Output } from '../../raftel/v1/TransferLeaderRequest.ts';
import type { Trunk as _raftel_v1_Trunk, Trunk__Output as _raftel_v1_Trunk__Output } from '../../raftel/v1/Trunk.ts';
import type { TrunkPage as _raftel_v1_TrunkPage, TrunkPage__Output as _raftel_v1_TrunkPage__Output } from '../../raftel/v1/TrunkPage.ts';
import type { User as _raftel_v1_User, User__Output as _raftel_v1_User__Output } from '../../raftel/v1/User.ts';
import type { UserDetail as _raftel_v1_UserDetail, UserDetail__Output as _raftel_v1_UserDetail__Output } from '../../raftel/v1/UserDetail.ts';
import type { UserName as _raftel_v1_UserName, UserName__Output as _raftel_v1_UserName__Output } from '../../raftel/v1/UserName.ts';
import type { UserPage as _raftel_v1_UserPage, UserPage__Output as _raftel_v1_UserPage__Output } from '../../raftel/v1/UserPage.ts';
import type { ValidatePlanRequest as _raftel_v1_ValidatePlanRequest, ValidatePlanRequest__Output as _raftel_v1_ValidatePlanRequest__Output } from '../../raftel/v1/ValidatePlanRequest.ts';
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
  
  AddCredit(argument: _raftel_v1_AddCreditRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  AddCredit(argument: _raftel_v1_AddCreditRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  AddCredit(argument: _raftel_v1_AddCreditRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  AddCredit(argument: _raftel_v1_AddCreditRequest, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  addCredit(argument: _raftel_v1_AddCreditRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  addCredit(argument: _raftel_v1_AddCreditRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  addCredit(argument: _raftel_v1_AddCreditRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  addCredit(argument: _raftel_v1_AddCreditRequest, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  
  AddMember(argument: _raftel_v1_AddMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  AddMember(argument: _raftel_v1_AddMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  AddMember(argument: _raftel_v1_AddMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  AddMember(argument: _raftel_v1_AddMemberRequest, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  addMember(argument: _raftel_v1_AddMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  addMember(argument: _raftel_v1_AddMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  addMember(argument: _raftel_v1_AddMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  addMember(argument: _raftel_v1_AddMemberRequest, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  
  AddSink(argument: _raftel_v1_AddSinkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  AddSink(argument: _raftel_v1_AddSinkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  AddSink(argument: _raftel_v1_AddSinkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  AddSink(argument: _raftel_v1_AddSinkRequest, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  addSink(argument: _raftel_v1_AddSinkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  addSink(argument: _raftel_v1_AddSinkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  addSink(argument: _raftel_v1_AddSinkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  addSink(argument: _raftel_v1_AddSinkRequest, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  
  AddUser(argument: _raftel_v1_AddUserRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  AddUser(argument: _raftel_v1_AddUserRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  AddUser(argument: _raftel_v1_AddUserRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  AddUser(argument: _raftel_v1_AddUserRequest, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  addUser(argument: _raftel_v1_AddUserRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  addUser(argument: _raftel_v1_AddUserRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  addUser(argument: _raftel_v1_AddUserRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  addUser(argument: _raftel_v1_AddUserRequest, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  
  CommitPlan(argument: _raftel_v1_CommitPlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  CommitPlan(argument: _raftel_v1_CommitPlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  CommitPlan(argument: _raftel_v1_CommitPlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  CommitPlan(argument: _raftel_v1_CommitPlanRequest, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  commitPlan(argument: _raftel_v1_CommitPlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  commitPlan(argument: _raftel_v1_CommitPlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  commitPlan(argument: _raftel_v1_CommitPlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  commitPlan(argument: _raftel_v1_CommitPlanRequest, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  
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
  
  ExplainRoute(argument: _raftel_v1_ExplainRouteRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RouteExplanation__Output>): grpc.ClientUnaryCall;
  ExplainRoute(argument: _raftel_v1_ExplainRouteRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_RouteExplanation__Output>): grpc.ClientUnaryCall;
  ExplainRoute(argument: _raftel_v1_ExplainRouteRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RouteExplanation__Output>): grpc.ClientUnaryCall;
  ExplainRoute(argument: _raftel_v1_ExplainRouteRequest, callback: grpc.requestCallback<_raftel_v1_RouteExplanation__Output>): grpc.ClientUnaryCall;
  explainRoute(argument: _raftel_v1_ExplainRouteRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RouteExplanation__Output>): grpc.ClientUnaryCall;
  explainRoute(argument: _raftel_v1_ExplainRouteRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_RouteExplanation__Output>): grpc.ClientUnaryCall;
  explainRoute(argument: _raftel_v1_ExplainRouteRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RouteExplanation__Output>): grpc.ClientUnaryCall;
  explainRoute(argument: _raftel_v1_ExplainRouteRequest, callback: grpc.requestCallback<_raftel_v1_RouteExplanation__Output>): grpc.ClientUnaryCall;
  
  GetCall(argument: _raftel_v1_GetCallRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  GetCall(argument: _raftel_v1_GetCallRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  GetCall(argument: _raftel_v1_GetCallRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  GetCall(argument: _raftel_v1_GetCallRequest, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  getCall(argument: _raftel_v1_GetCallRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  getCall(argument: _raftel_v1_GetCallRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  getCall(argument: _raftel_v1_GetCallRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  getCall(argument: _raftel_v1_GetCallRequest, callback: grpc.requestCallback<_raftel_v1_Call__Output>): grpc.ClientUnaryCall;
  
  GetCdr(argument: _raftel_v1_GetCdrRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Cdr__Output>): grpc.ClientUnaryCall;
  GetCdr(argument: _raftel_v1_GetCdrRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Cdr__Output>): grpc.ClientUnaryCall;
  GetCdr(argument: _raftel_v1_GetCdrRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Cdr__Output>): grpc.ClientUnaryCall;
  GetCdr(argument: _raftel_v1_GetCdrRequest, callback: grpc.requestCallback<_raftel_v1_Cdr__Output>): grpc.ClientUnaryCall;
  getCdr(argument: _raftel_v1_GetCdrRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Cdr__Output>): grpc.ClientUnaryCall;
  getCdr(argument: _raftel_v1_GetCdrRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Cdr__Output>): grpc.ClientUnaryCall;
  getCdr(argument: _raftel_v1_GetCdrRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Cdr__Output>): grpc.ClientUnaryCall;
  getCdr(argument: _raftel_v1_GetCdrRequest, callback: grpc.requestCallback<_raftel_v1_Cdr__Output>): grpc.ClientUnaryCall;
  
  GetCluster(argument: _raftel_v1_GetClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  GetCluster(argument: _raftel_v1_GetClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  GetCluster(argument: _raftel_v1_GetClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  GetCluster(argument: _raftel_v1_GetClusterRequest, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _raftel_v1_GetClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _raftel_v1_GetClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _raftel_v1_GetClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  getCluster(argument: _raftel_v1_GetClusterRequest, callback: grpc.requestCallback<_raftel_v1_ClusterStatus__Output>): grpc.ClientUnaryCall;
  
  GetCredit(argument: _raftel_v1_CreditAccount, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  GetCredit(argument: _raftel_v1_CreditAccount, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  GetCredit(argument: _raftel_v1_CreditAccount, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  GetCredit(argument: _raftel_v1_CreditAccount, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  getCredit(argument: _raftel_v1_CreditAccount, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  getCredit(argument: _raftel_v1_CreditAccount, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  getCredit(argument: _raftel_v1_CreditAccount, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  getCredit(argument: _raftel_v1_CreditAccount, callback: grpc.requestCallback<_raftel_v1_Credit__Output>): grpc.ClientUnaryCall;
  
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
  
  GetLimit(argument: _raftel_v1_LimitKey, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  GetLimit(argument: _raftel_v1_LimitKey, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  GetLimit(argument: _raftel_v1_LimitKey, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  GetLimit(argument: _raftel_v1_LimitKey, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  getLimit(argument: _raftel_v1_LimitKey, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  getLimit(argument: _raftel_v1_LimitKey, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  getLimit(argument: _raftel_v1_LimitKey, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  getLimit(argument: _raftel_v1_LimitKey, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  
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
  
  GetPrice(argument: _raftel_v1_PriceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Price__Output>): grpc.ClientUnaryCall;
  GetPrice(argument: _raftel_v1_PriceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Price__Output>): grpc.ClientUnaryCall;
  GetPrice(argument: _raftel_v1_PriceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Price__Output>): grpc.ClientUnaryCall;
  GetPrice(argument: _raftel_v1_PriceRequest, callback: grpc.requestCallback<_raftel_v1_Price__Output>): grpc.ClientUnaryCall;
  getPrice(argument: _raftel_v1_PriceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Price__Output>): grpc.ClientUnaryCall;
  getPrice(argument: _raftel_v1_PriceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Price__Output>): grpc.ClientUnaryCall;
  getPrice(argument: _raftel_v1_PriceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Price__Output>): grpc.ClientUnaryCall;
  getPrice(argument: _raftel_v1_PriceRequest, callback: grpc.requestCallback<_raftel_v1_Price__Output>): grpc.ClientUnaryCall;
  
  GetProfiles(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ProfilePage__Output>): grpc.ClientUnaryCall;
  GetProfiles(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_ProfilePage__Output>): grpc.ClientUnaryCall;
  GetProfiles(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ProfilePage__Output>): grpc.ClientUnaryCall;
  GetProfiles(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_ProfilePage__Output>): grpc.ClientUnaryCall;
  getProfiles(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ProfilePage__Output>): grpc.ClientUnaryCall;
  getProfiles(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_ProfilePage__Output>): grpc.ClientUnaryCall;
  getProfiles(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ProfilePage__Output>): grpc.ClientUnaryCall;
  getProfiles(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_ProfilePage__Output>): grpc.ClientUnaryCall;
  
  GetTrunk(argument: _raftel_v1_GetTrunkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  GetTrunk(argument: _raftel_v1_GetTrunkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  GetTrunk(argument: _raftel_v1_GetTrunkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  GetTrunk(argument: _raftel_v1_GetTrunkRequest, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  getTrunk(argument: _raftel_v1_GetTrunkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  getTrunk(argument: _raftel_v1_GetTrunkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  getTrunk(argument: _raftel_v1_GetTrunkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  getTrunk(argument: _raftel_v1_GetTrunkRequest, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  
  GetUser(argument: _raftel_v1_UserName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_UserDetail__Output>): grpc.ClientUnaryCall;
  GetUser(argument: _raftel_v1_UserName, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_UserDetail__Output>): grpc.ClientUnaryCall;
  GetUser(argument: _raftel_v1_UserName, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_UserDetail__Output>): grpc.ClientUnaryCall;
  GetUser(argument: _raftel_v1_UserName, callback: grpc.requestCallback<_raftel_v1_UserDetail__Output>): grpc.ClientUnaryCall;
  getUser(argument: _raftel_v1_UserName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_UserDetail__Output>): grpc.ClientUnaryCall;
  getUser(argument: _raftel_v1_UserName, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_UserDetail__Output>): grpc.ClientUnaryCall;
  getUser(argument: _raftel_v1_UserName, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_UserDetail__Output>): grpc.ClientUnaryCall;
  getUser(argument: _raftel_v1_UserName, callback: grpc.requestCallback<_raftel_v1_UserDetail__Output>): grpc.ClientUnaryCall;
  
  HangUpCall(argument: _raftel_v1_HangUpCallRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  HangUpCall(argument: _raftel_v1_HangUpCallRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  HangUpCall(argument: _raftel_v1_HangUpCallRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  HangUpCall(argument: _raftel_v1_HangUpCallRequest, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  hangUpCall(argument: _raftel_v1_HangUpCallRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  hangUpCall(argument: _raftel_v1_HangUpCallRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  hangUpCall(argument: _raftel_v1_HangUpCallRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  hangUpCall(argument: _raftel_v1_HangUpCallRequest, callback: grpc.requestCallback<_raftel_v1_HangUpCallReply__Output>): grpc.ClientUnaryCall;
  
  ImportRates(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ImportReport__Output>): grpc.ClientWritableStream<_raftel_v1_RatesPart>;
  ImportRates(metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_ImportReport__Output>): grpc.ClientWritableStream<_raftel_v1_RatesPart>;
  ImportRates(options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ImportReport__Output>): grpc.ClientWritableStream<_raftel_v1_RatesPart>;
  ImportRates(callback: grpc.requestCallback<_raftel_v1_ImportReport__Output>): grpc.ClientWritableStream<_raftel_v1_RatesPart>;
  importRates(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ImportReport__Output>): grpc.ClientWritableStream<_raftel_v1_RatesPart>;
  importRates(metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_ImportReport__Output>): grpc.ClientWritableStream<_raftel_v1_RatesPart>;
  importRates(options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ImportReport__Output>): grpc.ClientWritableStream<_raftel_v1_RatesPart>;
  importRates(callback: grpc.requestCallback<_raftel_v1_ImportReport__Output>): grpc.ClientWritableStream<_raftel_v1_RatesPart>;
  
  ImportUsers(argument: _raftel_v1_ImportUsersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ImportUsersReply__Output>): grpc.ClientUnaryCall;
  ImportUsers(argument: _raftel_v1_ImportUsersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_ImportUsersReply__Output>): grpc.ClientUnaryCall;
  ImportUsers(argument: _raftel_v1_ImportUsersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ImportUsersReply__Output>): grpc.ClientUnaryCall;
  ImportUsers(argument: _raftel_v1_ImportUsersRequest, callback: grpc.requestCallback<_raftel_v1_ImportUsersReply__Output>): grpc.ClientUnaryCall;
  importUsers(argument: _raftel_v1_ImportUsersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ImportUsersReply__Output>): grpc.ClientUnaryCall;
  importUsers(argument: _raftel_v1_ImportUsersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_ImportUsersReply__Output>): grpc.ClientUnaryCall;
  importUsers(argument: _raftel_v1_ImportUsersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_ImportUsersReply__Output>): grpc.ClientUnaryCall;
  importUsers(argument: _raftel_v1_ImportUsersRequest, callback: grpc.requestCallback<_raftel_v1_ImportUsersReply__Output>): grpc.ClientUnaryCall;
  
  ListAudit(argument: _raftel_v1_ListAuditRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_AuditPage__Output>): grpc.ClientUnaryCall;
  ListAudit(argument: _raftel_v1_ListAuditRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_AuditPage__Output>): grpc.ClientUnaryCall;
  ListAudit(argument: _raftel_v1_ListAuditRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_AuditPage__Output>): grpc.ClientUnaryCall;
  ListAudit(argument: _raftel_v1_ListAuditRequest, callback: grpc.requestCallback<_raftel_v1_AuditPage__Output>): grpc.ClientUnaryCall;
  listAudit(argument: _raftel_v1_ListAuditRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_AuditPage__Output>): grpc.ClientUnaryCall;
  listAudit(argument: _raftel_v1_ListAuditRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_AuditPage__Output>): grpc.ClientUnaryCall;
  listAudit(argument: _raftel_v1_ListAuditRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_AuditPage__Output>): grpc.ClientUnaryCall;
  listAudit(argument: _raftel_v1_ListAuditRequest, callback: grpc.requestCallback<_raftel_v1_AuditPage__Output>): grpc.ClientUnaryCall;
  
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
  
  ListCdrs(argument: _raftel_v1_ListCdrsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CdrPage__Output>): grpc.ClientUnaryCall;
  ListCdrs(argument: _raftel_v1_ListCdrsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_CdrPage__Output>): grpc.ClientUnaryCall;
  ListCdrs(argument: _raftel_v1_ListCdrsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CdrPage__Output>): grpc.ClientUnaryCall;
  ListCdrs(argument: _raftel_v1_ListCdrsRequest, callback: grpc.requestCallback<_raftel_v1_CdrPage__Output>): grpc.ClientUnaryCall;
  listCdrs(argument: _raftel_v1_ListCdrsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CdrPage__Output>): grpc.ClientUnaryCall;
  listCdrs(argument: _raftel_v1_ListCdrsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_CdrPage__Output>): grpc.ClientUnaryCall;
  listCdrs(argument: _raftel_v1_ListCdrsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CdrPage__Output>): grpc.ClientUnaryCall;
  listCdrs(argument: _raftel_v1_ListCdrsRequest, callback: grpc.requestCallback<_raftel_v1_CdrPage__Output>): grpc.ClientUnaryCall;
  
  ListCommits(argument: _raftel_v1_ListCommitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CommitList__Output>): grpc.ClientUnaryCall;
  ListCommits(argument: _raftel_v1_ListCommitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_CommitList__Output>): grpc.ClientUnaryCall;
  ListCommits(argument: _raftel_v1_ListCommitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CommitList__Output>): grpc.ClientUnaryCall;
  ListCommits(argument: _raftel_v1_ListCommitsRequest, callback: grpc.requestCallback<_raftel_v1_CommitList__Output>): grpc.ClientUnaryCall;
  listCommits(argument: _raftel_v1_ListCommitsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CommitList__Output>): grpc.ClientUnaryCall;
  listCommits(argument: _raftel_v1_ListCommitsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_CommitList__Output>): grpc.ClientUnaryCall;
  listCommits(argument: _raftel_v1_ListCommitsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CommitList__Output>): grpc.ClientUnaryCall;
  listCommits(argument: _raftel_v1_ListCommitsRequest, callback: grpc.requestCallback<_raftel_v1_CommitList__Output>): grpc.ClientUnaryCall;
  
  ListCredit(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CreditPage__Output>): grpc.ClientUnaryCall;
  ListCredit(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_CreditPage__Output>): grpc.ClientUnaryCall;
  ListCredit(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CreditPage__Output>): grpc.ClientUnaryCall;
  ListCredit(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_CreditPage__Output>): grpc.ClientUnaryCall;
  listCredit(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CreditPage__Output>): grpc.ClientUnaryCall;
  listCredit(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_CreditPage__Output>): grpc.ClientUnaryCall;
  listCredit(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_CreditPage__Output>): grpc.ClientUnaryCall;
  listCredit(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_CreditPage__Output>): grpc.ClientUnaryCall;
  
  ListDecks(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_DeckPage__Output>): grpc.ClientUnaryCall;
  ListDecks(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_DeckPage__Output>): grpc.ClientUnaryCall;
  ListDecks(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_DeckPage__Output>): grpc.ClientUnaryCall;
  ListDecks(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_DeckPage__Output>): grpc.ClientUnaryCall;
  listDecks(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_DeckPage__Output>): grpc.ClientUnaryCall;
  listDecks(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_DeckPage__Output>): grpc.ClientUnaryCall;
  listDecks(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_DeckPage__Output>): grpc.ClientUnaryCall;
  listDecks(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_DeckPage__Output>): grpc.ClientUnaryCall;
  
  ListLimits(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_LimitPage__Output>): grpc.ClientUnaryCall;
  ListLimits(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_LimitPage__Output>): grpc.ClientUnaryCall;
  ListLimits(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_LimitPage__Output>): grpc.ClientUnaryCall;
  ListLimits(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_LimitPage__Output>): grpc.ClientUnaryCall;
  listLimits(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_LimitPage__Output>): grpc.ClientUnaryCall;
  listLimits(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_LimitPage__Output>): grpc.ClientUnaryCall;
  listLimits(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_LimitPage__Output>): grpc.ClientUnaryCall;
  listLimits(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_LimitPage__Output>): grpc.ClientUnaryCall;
  
  ListOperators(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_OperatorPage__Output>): grpc.ClientUnaryCall;
  ListOperators(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_OperatorPage__Output>): grpc.ClientUnaryCall;
  ListOperators(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_OperatorPage__Output>): grpc.ClientUnaryCall;
  ListOperators(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_OperatorPage__Output>): grpc.ClientUnaryCall;
  listOperators(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_OperatorPage__Output>): grpc.ClientUnaryCall;
  listOperators(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_OperatorPage__Output>): grpc.ClientUnaryCall;
  listOperators(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_OperatorPage__Output>): grpc.ClientUnaryCall;
  listOperators(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_OperatorPage__Output>): grpc.ClientUnaryCall;
  
  ListPlans(argument: _raftel_v1_ListPlansRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanList__Output>): grpc.ClientUnaryCall;
  ListPlans(argument: _raftel_v1_ListPlansRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_PlanList__Output>): grpc.ClientUnaryCall;
  ListPlans(argument: _raftel_v1_ListPlansRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanList__Output>): grpc.ClientUnaryCall;
  ListPlans(argument: _raftel_v1_ListPlansRequest, callback: grpc.requestCallback<_raftel_v1_PlanList__Output>): grpc.ClientUnaryCall;
  listPlans(argument: _raftel_v1_ListPlansRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanList__Output>): grpc.ClientUnaryCall;
  listPlans(argument: _raftel_v1_ListPlansRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_PlanList__Output>): grpc.ClientUnaryCall;
  listPlans(argument: _raftel_v1_ListPlansRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanList__Output>): grpc.ClientUnaryCall;
  listPlans(argument: _raftel_v1_ListPlansRequest, callback: grpc.requestCallback<_raftel_v1_PlanList__Output>): grpc.ClientUnaryCall;
  
  ListRates(argument: _raftel_v1_ListRatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RatePage__Output>): grpc.ClientUnaryCall;
  ListRates(argument: _raftel_v1_ListRatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_RatePage__Output>): grpc.ClientUnaryCall;
  ListRates(argument: _raftel_v1_ListRatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RatePage__Output>): grpc.ClientUnaryCall;
  ListRates(argument: _raftel_v1_ListRatesRequest, callback: grpc.requestCallback<_raftel_v1_RatePage__Output>): grpc.ClientUnaryCall;
  listRates(argument: _raftel_v1_ListRatesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RatePage__Output>): grpc.ClientUnaryCall;
  listRates(argument: _raftel_v1_ListRatesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_RatePage__Output>): grpc.ClientUnaryCall;
  listRates(argument: _raftel_v1_ListRatesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RatePage__Output>): grpc.ClientUnaryCall;
  listRates(argument: _raftel_v1_ListRatesRequest, callback: grpc.requestCallback<_raftel_v1_RatePage__Output>): grpc.ClientUnaryCall;
  
  ListRegistrations(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  ListRegistrations(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  ListRegistrations(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  ListRegistrations(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  listRegistrations(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  listRegistrations(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  listRegistrations(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  listRegistrations(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_RegistrationPage__Output>): grpc.ClientUnaryCall;
  
  ListSinks(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_SinkPage__Output>): grpc.ClientUnaryCall;
  ListSinks(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_SinkPage__Output>): grpc.ClientUnaryCall;
  ListSinks(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_SinkPage__Output>): grpc.ClientUnaryCall;
  ListSinks(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_SinkPage__Output>): grpc.ClientUnaryCall;
  listSinks(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_SinkPage__Output>): grpc.ClientUnaryCall;
  listSinks(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_SinkPage__Output>): grpc.ClientUnaryCall;
  listSinks(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_SinkPage__Output>): grpc.ClientUnaryCall;
  listSinks(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_SinkPage__Output>): grpc.ClientUnaryCall;
  
  ListTenants(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TenantPage__Output>): grpc.ClientUnaryCall;
  ListTenants(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_TenantPage__Output>): grpc.ClientUnaryCall;
  ListTenants(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TenantPage__Output>): grpc.ClientUnaryCall;
  ListTenants(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_TenantPage__Output>): grpc.ClientUnaryCall;
  listTenants(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TenantPage__Output>): grpc.ClientUnaryCall;
  listTenants(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_TenantPage__Output>): grpc.ClientUnaryCall;
  listTenants(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TenantPage__Output>): grpc.ClientUnaryCall;
  listTenants(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_TenantPage__Output>): grpc.ClientUnaryCall;
  
  ListTrunks(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TrunkPage__Output>): grpc.ClientUnaryCall;
  ListTrunks(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_TrunkPage__Output>): grpc.ClientUnaryCall;
  ListTrunks(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TrunkPage__Output>): grpc.ClientUnaryCall;
  ListTrunks(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_TrunkPage__Output>): grpc.ClientUnaryCall;
  listTrunks(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TrunkPage__Output>): grpc.ClientUnaryCall;
  listTrunks(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_TrunkPage__Output>): grpc.ClientUnaryCall;
  listTrunks(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TrunkPage__Output>): grpc.ClientUnaryCall;
  listTrunks(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_TrunkPage__Output>): grpc.ClientUnaryCall;
  
  ListUsers(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  ListUsers(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  ListUsers(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  ListUsers(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  listUsers(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  listUsers(argument: _raftel_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  listUsers(argument: _raftel_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  listUsers(argument: _raftel_v1_ListRequest, callback: grpc.requestCallback<_raftel_v1_UserPage__Output>): grpc.ClientUnaryCall;
  
  PauseSink(argument: _raftel_v1_PauseSinkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  PauseSink(argument: _raftel_v1_PauseSinkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  PauseSink(argument: _raftel_v1_PauseSinkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  PauseSink(argument: _raftel_v1_PauseSinkRequest, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  pauseSink(argument: _raftel_v1_PauseSinkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  pauseSink(argument: _raftel_v1_PauseSinkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  pauseSink(argument: _raftel_v1_PauseSinkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  pauseSink(argument: _raftel_v1_PauseSinkRequest, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  
  PromoteMember(argument: _raftel_v1_PromoteMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  PromoteMember(argument: _raftel_v1_PromoteMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  PromoteMember(argument: _raftel_v1_PromoteMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  PromoteMember(argument: _raftel_v1_PromoteMemberRequest, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  promoteMember(argument: _raftel_v1_PromoteMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  promoteMember(argument: _raftel_v1_PromoteMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  promoteMember(argument: _raftel_v1_PromoteMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  promoteMember(argument: _raftel_v1_PromoteMemberRequest, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  
  PutOperator(argument: _raftel_v1_PutOperatorRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  PutOperator(argument: _raftel_v1_PutOperatorRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  PutOperator(argument: _raftel_v1_PutOperatorRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  PutOperator(argument: _raftel_v1_PutOperatorRequest, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  putOperator(argument: _raftel_v1_PutOperatorRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  putOperator(argument: _raftel_v1_PutOperatorRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  putOperator(argument: _raftel_v1_PutOperatorRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  putOperator(argument: _raftel_v1_PutOperatorRequest, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  
  PutTenant(argument: _raftel_v1_PutTenantRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  PutTenant(argument: _raftel_v1_PutTenantRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  PutTenant(argument: _raftel_v1_PutTenantRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  PutTenant(argument: _raftel_v1_PutTenantRequest, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  putTenant(argument: _raftel_v1_PutTenantRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  putTenant(argument: _raftel_v1_PutTenantRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  putTenant(argument: _raftel_v1_PutTenantRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  putTenant(argument: _raftel_v1_PutTenantRequest, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  
  PutTrunk(argument: _raftel_v1_PutTrunkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  PutTrunk(argument: _raftel_v1_PutTrunkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  PutTrunk(argument: _raftel_v1_PutTrunkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  PutTrunk(argument: _raftel_v1_PutTrunkRequest, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  putTrunk(argument: _raftel_v1_PutTrunkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  putTrunk(argument: _raftel_v1_PutTrunkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  putTrunk(argument: _raftel_v1_PutTrunkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  putTrunk(argument: _raftel_v1_PutTrunkRequest, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  
  RecentDecisions(argument: _raftel_v1_RecentDecisionsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Decisions__Output>;
  RecentDecisions(argument: _raftel_v1_RecentDecisionsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Decisions__Output>;
  recentDecisions(argument: _raftel_v1_RecentDecisionsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Decisions__Output>;
  recentDecisions(argument: _raftel_v1_RecentDecisionsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Decisions__Output>;
  
  RemoveBan(argument: _raftel_v1_RemoveBanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  RemoveBan(argument: _raftel_v1_RemoveBanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  RemoveBan(argument: _raftel_v1_RemoveBanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  RemoveBan(argument: _raftel_v1_RemoveBanRequest, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  removeBan(argument: _raftel_v1_RemoveBanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  removeBan(argument: _raftel_v1_RemoveBanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  removeBan(argument: _raftel_v1_RemoveBanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  removeBan(argument: _raftel_v1_RemoveBanRequest, callback: grpc.requestCallback<_raftel_v1_Ban__Output>): grpc.ClientUnaryCall;
  
  RemoveDeck(argument: _raftel_v1_DeckName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Deck__Output>): grpc.ClientUnaryCall;
  RemoveDeck(argument: _raftel_v1_DeckName, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Deck__Output>): grpc.ClientUnaryCall;
  RemoveDeck(argument: _raftel_v1_DeckName, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Deck__Output>): grpc.ClientUnaryCall;
  RemoveDeck(argument: _raftel_v1_DeckName, callback: grpc.requestCallback<_raftel_v1_Deck__Output>): grpc.ClientUnaryCall;
  removeDeck(argument: _raftel_v1_DeckName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Deck__Output>): grpc.ClientUnaryCall;
  removeDeck(argument: _raftel_v1_DeckName, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Deck__Output>): grpc.ClientUnaryCall;
  removeDeck(argument: _raftel_v1_DeckName, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Deck__Output>): grpc.ClientUnaryCall;
  removeDeck(argument: _raftel_v1_DeckName, callback: grpc.requestCallback<_raftel_v1_Deck__Output>): grpc.ClientUnaryCall;
  
  RemoveLimit(argument: _raftel_v1_LimitKey, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  RemoveLimit(argument: _raftel_v1_LimitKey, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  RemoveLimit(argument: _raftel_v1_LimitKey, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  RemoveLimit(argument: _raftel_v1_LimitKey, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  removeLimit(argument: _raftel_v1_LimitKey, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  removeLimit(argument: _raftel_v1_LimitKey, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  removeLimit(argument: _raftel_v1_LimitKey, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  removeLimit(argument: _raftel_v1_LimitKey, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  
  RemoveMember(argument: _raftel_v1_RemoveMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  RemoveMember(argument: _raftel_v1_RemoveMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  RemoveMember(argument: _raftel_v1_RemoveMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  RemoveMember(argument: _raftel_v1_RemoveMemberRequest, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _raftel_v1_RemoveMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _raftel_v1_RemoveMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _raftel_v1_RemoveMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _raftel_v1_RemoveMemberRequest, callback: grpc.requestCallback<_raftel_v1_Members__Output>): grpc.ClientUnaryCall;
  
  RemoveOperator(argument: _raftel_v1_OperatorName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Operator__Output>): grpc.ClientUnaryCall;
  RemoveOperator(argument: _raftel_v1_OperatorName, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Operator__Output>): grpc.ClientUnaryCall;
  RemoveOperator(argument: _raftel_v1_OperatorName, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Operator__Output>): grpc.ClientUnaryCall;
  RemoveOperator(argument: _raftel_v1_OperatorName, callback: grpc.requestCallback<_raftel_v1_Operator__Output>): grpc.ClientUnaryCall;
  removeOperator(argument: _raftel_v1_OperatorName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Operator__Output>): grpc.ClientUnaryCall;
  removeOperator(argument: _raftel_v1_OperatorName, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Operator__Output>): grpc.ClientUnaryCall;
  removeOperator(argument: _raftel_v1_OperatorName, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Operator__Output>): grpc.ClientUnaryCall;
  removeOperator(argument: _raftel_v1_OperatorName, callback: grpc.requestCallback<_raftel_v1_Operator__Output>): grpc.ClientUnaryCall;
  
  RemovePlan(argument: _raftel_v1_RemovePlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  RemovePlan(argument: _raftel_v1_RemovePlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  RemovePlan(argument: _raftel_v1_RemovePlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  RemovePlan(argument: _raftel_v1_RemovePlanRequest, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  removePlan(argument: _raftel_v1_RemovePlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  removePlan(argument: _raftel_v1_RemovePlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  removePlan(argument: _raftel_v1_RemovePlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  removePlan(argument: _raftel_v1_RemovePlanRequest, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  
  RemoveSink(argument: _raftel_v1_RemoveSinkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  RemoveSink(argument: _raftel_v1_RemoveSinkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  RemoveSink(argument: _raftel_v1_RemoveSinkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  RemoveSink(argument: _raftel_v1_RemoveSinkRequest, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  removeSink(argument: _raftel_v1_RemoveSinkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  removeSink(argument: _raftel_v1_RemoveSinkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  removeSink(argument: _raftel_v1_RemoveSinkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  removeSink(argument: _raftel_v1_RemoveSinkRequest, callback: grpc.requestCallback<_raftel_v1_Sink__Output>): grpc.ClientUnaryCall;
  
  RemoveTenant(argument: _raftel_v1_TenantName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  RemoveTenant(argument: _raftel_v1_TenantName, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  RemoveTenant(argument: _raftel_v1_TenantName, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  RemoveTenant(argument: _raftel_v1_TenantName, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  removeTenant(argument: _raftel_v1_TenantName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  removeTenant(argument: _raftel_v1_TenantName, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  removeTenant(argument: _raftel_v1_TenantName, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  removeTenant(argument: _raftel_v1_TenantName, callback: grpc.requestCallback<_raftel_v1_Tenant__Output>): grpc.ClientUnaryCall;
  
  RemoveTrunk(argument: _raftel_v1_RemoveTrunkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  RemoveTrunk(argument: _raftel_v1_RemoveTrunkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  RemoveTrunk(argument: _raftel_v1_RemoveTrunkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  RemoveTrunk(argument: _raftel_v1_RemoveTrunkRequest, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  removeTrunk(argument: _raftel_v1_RemoveTrunkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  removeTrunk(argument: _raftel_v1_RemoveTrunkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  removeTrunk(argument: _raftel_v1_RemoveTrunkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  removeTrunk(argument: _raftel_v1_RemoveTrunkRequest, callback: grpc.requestCallback<_raftel_v1_Trunk__Output>): grpc.ClientUnaryCall;
  
  RemoveUser(argument: _raftel_v1_UserName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  RemoveUser(argument: _raftel_v1_UserName, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  RemoveUser(argument: _raftel_v1_UserName, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  RemoveUser(argument: _raftel_v1_UserName, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  removeUser(argument: _raftel_v1_UserName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  removeUser(argument: _raftel_v1_UserName, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  removeUser(argument: _raftel_v1_UserName, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  removeUser(argument: _raftel_v1_UserName, callback: grpc.requestCallback<_raftel_v1_User__Output>): grpc.ClientUnaryCall;
  
  ReplayPlan(argument: _raftel_v1_ReplayPlanRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Replay__Output>;
  ReplayPlan(argument: _raftel_v1_ReplayPlanRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Replay__Output>;
  replayPlan(argument: _raftel_v1_ReplayPlanRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Replay__Output>;
  replayPlan(argument: _raftel_v1_ReplayPlanRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_Replay__Output>;
  
  RollbackPlan(argument: _raftel_v1_RollbackPlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  RollbackPlan(argument: _raftel_v1_RollbackPlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  RollbackPlan(argument: _raftel_v1_RollbackPlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  RollbackPlan(argument: _raftel_v1_RollbackPlanRequest, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  rollbackPlan(argument: _raftel_v1_RollbackPlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  rollbackPlan(argument: _raftel_v1_RollbackPlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  rollbackPlan(argument: _raftel_v1_RollbackPlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  rollbackPlan(argument: _raftel_v1_RollbackPlanRequest, callback: grpc.requestCallback<_raftel_v1_PlanChanged__Output>): grpc.ClientUnaryCall;
  
  RotateOperator(argument: _raftel_v1_OperatorName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  RotateOperator(argument: _raftel_v1_OperatorName, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  RotateOperator(argument: _raftel_v1_OperatorName, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  RotateOperator(argument: _raftel_v1_OperatorName, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  rotateOperator(argument: _raftel_v1_OperatorName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  rotateOperator(argument: _raftel_v1_OperatorName, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  rotateOperator(argument: _raftel_v1_OperatorName, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  rotateOperator(argument: _raftel_v1_OperatorName, callback: grpc.requestCallback<_raftel_v1_OperatorToken__Output>): grpc.ClientUnaryCall;
  
  SaveSnapshot(argument: _raftel_v1_SaveSnapshotRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_SnapshotBytes__Output>;
  SaveSnapshot(argument: _raftel_v1_SaveSnapshotRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_SnapshotBytes__Output>;
  saveSnapshot(argument: _raftel_v1_SaveSnapshotRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_SnapshotBytes__Output>;
  saveSnapshot(argument: _raftel_v1_SaveSnapshotRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_raftel_v1_SnapshotBytes__Output>;
  
  SetLimit(argument: _raftel_v1_Limit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  SetLimit(argument: _raftel_v1_Limit, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  SetLimit(argument: _raftel_v1_Limit, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  SetLimit(argument: _raftel_v1_Limit, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  setLimit(argument: _raftel_v1_Limit, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  setLimit(argument: _raftel_v1_Limit, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  setLimit(argument: _raftel_v1_Limit, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  setLimit(argument: _raftel_v1_Limit, callback: grpc.requestCallback<_raftel_v1_Limit__Output>): grpc.ClientUnaryCall;
  
  SetProfile(argument: _raftel_v1_SetProfileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Profile__Output>): grpc.ClientUnaryCall;
  SetProfile(argument: _raftel_v1_SetProfileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Profile__Output>): grpc.ClientUnaryCall;
  SetProfile(argument: _raftel_v1_SetProfileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Profile__Output>): grpc.ClientUnaryCall;
  SetProfile(argument: _raftel_v1_SetProfileRequest, callback: grpc.requestCallback<_raftel_v1_Profile__Output>): grpc.ClientUnaryCall;
  setProfile(argument: _raftel_v1_SetProfileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Profile__Output>): grpc.ClientUnaryCall;
  setProfile(argument: _raftel_v1_SetProfileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_Profile__Output>): grpc.ClientUnaryCall;
  setProfile(argument: _raftel_v1_SetProfileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_Profile__Output>): grpc.ClientUnaryCall;
  setProfile(argument: _raftel_v1_SetProfileRequest, callback: grpc.requestCallback<_raftel_v1_Profile__Output>): grpc.ClientUnaryCall;
  
  TestPlan(argument: _raftel_v1_TestPlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TestResults__Output>): grpc.ClientUnaryCall;
  TestPlan(argument: _raftel_v1_TestPlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_TestResults__Output>): grpc.ClientUnaryCall;
  TestPlan(argument: _raftel_v1_TestPlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TestResults__Output>): grpc.ClientUnaryCall;
  TestPlan(argument: _raftel_v1_TestPlanRequest, callback: grpc.requestCallback<_raftel_v1_TestResults__Output>): grpc.ClientUnaryCall;
  testPlan(argument: _raftel_v1_TestPlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TestResults__Output>): grpc.ClientUnaryCall;
  testPlan(argument: _raftel_v1_TestPlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_TestResults__Output>): grpc.ClientUnaryCall;
  testPlan(argument: _raftel_v1_TestPlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_TestResults__Output>): grpc.ClientUnaryCall;
  testPlan(argument: _raftel_v1_TestPlanRequest, callback: grpc.requestCallback<_raftel_v1_TestResults__Output>): grpc.ClientUnaryCall;
  
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
  
  ValidatePlan(argument: _raftel_v1_ValidatePlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanVerdict__Output>): grpc.ClientUnaryCall;
  ValidatePlan(argument: _raftel_v1_ValidatePlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_PlanVerdict__Output>): grpc.ClientUnaryCall;
  ValidatePlan(argument: _raftel_v1_ValidatePlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanVerdict__Output>): grpc.ClientUnaryCall;
  ValidatePlan(argument: _raftel_v1_ValidatePlanRequest, callback: grpc.requestCallback<_raftel_v1_PlanVerdict__Output>): grpc.ClientUnaryCall;
  validatePlan(argument: _raftel_v1_ValidatePlanRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanVerdict__Output>): grpc.ClientUnaryCall;
  validatePlan(argument: _raftel_v1_ValidatePlanRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_raftel_v1_PlanVerdict__Output>): grpc.ClientUnaryCall;
  validatePlan(argument: _raftel_v1_ValidatePlanRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_raftel_v1_PlanVerdict__Output>): grpc.ClientUnaryCall;
  validatePlan(argument: _raftel_v1_ValidatePlanRequest, callback: grpc.requestCallback<_raftel_v1_PlanVerdict__Output>): grpc.ClientUnaryCall;
  
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
  
  AddCredit: grpc.handleUnaryCall<_raftel_v1_AddCreditRequest__Output, _raftel_v1_Credit>;
  
  AddMember: grpc.handleUnaryCall<_raftel_v1_AddMemberRequest__Output, _raftel_v1_Members>;
  
  AddSink: grpc.handleUnaryCall<_raftel_v1_AddSinkRequest__Output, _raftel_v1_Sink>;
  
  AddUser: grpc.handleUnaryCall<_raftel_v1_AddUserRequest__Output, _raftel_v1_User>;
  
  CommitPlan: grpc.handleUnaryCall<_raftel_v1_CommitPlanRequest__Output, _raftel_v1_PlanChanged>;
  
  Events: grpc.handleServerStreamingCall<_raftel_v1_EventsRequest__Output, _raftel_v1_Event>;
  
  ExplainCall: grpc.handleUnaryCall<_raftel_v1_ExplainCallRequest__Output, _raftel_v1_Explanation>;
  
  ExplainRoute: grpc.handleUnaryCall<_raftel_v1_ExplainRouteRequest__Output, _raftel_v1_RouteExplanation>;
  
  GetCall: grpc.handleUnaryCall<_raftel_v1_GetCallRequest__Output, _raftel_v1_Call>;
  
  GetCdr: grpc.handleUnaryCall<_raftel_v1_GetCdrRequest__Output, _raftel_v1_Cdr>;
  
  GetCluster: grpc.handleUnaryCall<_raftel_v1_GetClusterRequest__Output, _raftel_v1_ClusterStatus>;
  
  GetCredit: grpc.handleUnaryCall<_raftel_v1_CreditAccount__Output, _raftel_v1_Credit>;
  
  GetHashes: grpc.handleUnaryCall<_raftel_v1_GetHashesRequest__Output, _raftel_v1_StateHashes>;
  
  GetHealth: grpc.handleUnaryCall<_raftel_v1_GetHealthRequest__Output, _raftel_v1_Health>;
  
  GetLimit: grpc.handleUnaryCall<_raftel_v1_LimitKey__Output, _raftel_v1_Limit>;
  
  GetNode: grpc.handleUnaryCall<_raftel_v1_GetNodeRequest__Output, _raftel_v1_NodeStatus>;
  
  GetOverview: grpc.handleUnaryCall<_raftel_v1_GetOverviewRequest__Output, _raftel_v1_Overview>;
  
  GetPlan: grpc.handleUnaryCall<_raftel_v1_GetPlanRequest__Output, _raftel_v1_Plan>;
  
  GetPrice: grpc.handleUnaryCall<_raftel_v1_PriceRequest__Output, _raftel_v1_Price>;
  
  GetProfiles: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_ProfilePage>;
  
  GetTrunk: grpc.handleUnaryCall<_raftel_v1_GetTrunkRequest__Output, _raftel_v1_Trunk>;
  
  GetUser: grpc.handleUnaryCall<_raftel_v1_UserName__Output, _raftel_v1_UserDetail>;
  
  HangUpCall: grpc.handleUnaryCall<_raftel_v1_HangUpCallRequest__Output, _raftel_v1_HangUpCallReply>;
  
  ImportRates: grpc.handleClientStreamingCall<_raftel_v1_RatesPart__Output, _raftel_v1_ImportReport>;
  
  ImportUsers: grpc.handleUnaryCall<_raftel_v1_ImportUsersRequest__Output, _raftel_v1_ImportUsersReply>;
  
  ListAudit: grpc.handleUnaryCall<_raftel_v1_ListAuditRequest__Output, _raftel_v1_AuditPage>;
  
  ListBans: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_BanPage>;
  
  ListCalls: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_CallPage>;
  
  ListCdrs: grpc.handleUnaryCall<_raftel_v1_ListCdrsRequest__Output, _raftel_v1_CdrPage>;
  
  ListCommits: grpc.handleUnaryCall<_raftel_v1_ListCommitsRequest__Output, _raftel_v1_CommitList>;
  
  ListCredit: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_CreditPage>;
  
  ListDecks: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_DeckPage>;
  
  ListLimits: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_LimitPage>;
  
  ListOperators: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_OperatorPage>;
  
  ListPlans: grpc.handleUnaryCall<_raftel_v1_ListPlansRequest__Output, _raftel_v1_PlanList>;
  
  ListRates: grpc.handleUnaryCall<_raftel_v1_ListRatesRequest__Output, _raftel_v1_RatePage>;
  
  ListRegistrations: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_RegistrationPage>;
  
  ListSinks: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_SinkPage>;
  
  ListTenants: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_TenantPage>;
  
  ListTrunks: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_TrunkPage>;
  
  ListUsers: grpc.handleUnaryCall<_raftel_v1_ListRequest__Output, _raftel_v1_UserPage>;
  
  PauseSink: grpc.handleUnaryCall<_raftel_v1_PauseSinkRequest__Output, _raftel_v1_Sink>;
  
  PromoteMember: grpc.handleUnaryCall<_raftel_v1_PromoteMemberRequest__Output, _raftel_v1_Members>;
  
  PutOperator: grpc.handleUnaryCall<_raftel_v1_PutOperatorRequest__Output, _raftel_v1_OperatorToken>;
  
  PutTenant: grpc.handleUnaryCall<_raftel_v1_PutTenantRequest__Output, _raftel_v1_Tenant>;
  
  PutTrunk: grpc.handleUnaryCall<_raftel_v1_PutTrunkRequest__Output, _raftel_v1_Trunk>;
  
  RecentDecisions: grpc.handleServerStreamingCall<_raftel_v1_RecentDecisionsRequest__Output, _raftel_v1_Decisions>;
  
  RemoveBan: grpc.handleUnaryCall<_raftel_v1_RemoveBanRequest__Output, _raftel_v1_Ban>;
  
  RemoveDeck: grpc.handleUnaryCall<_raftel_v1_DeckName__Output, _raftel_v1_Deck>;
  
  RemoveLimit: grpc.handleUnaryCall<_raftel_v1_LimitKey__Output, _raftel_v1_Limit>;
  
  RemoveMember: grpc.handleUnaryCall<_raftel_v1_RemoveMemberRequest__Output, _raftel_v1_Members>;
  
  RemoveOperator: grpc.handleUnaryCall<_raftel_v1_OperatorName__Output, _raftel_v1_Operator>;
  
  RemovePlan: grpc.handleUnaryCall<_raftel_v1_RemovePlanRequest__Output, _raftel_v1_PlanChanged>;
  
  RemoveSink: grpc.handleUnaryCall<_raftel_v1_RemoveSinkRequest__Output, _raftel_v1_Sink>;
  
  RemoveTenant: grpc.handleUnaryCall<_raftel_v1_TenantName__Output, _raftel_v1_Tenant>;
  
  RemoveTrunk: grpc.handleUnaryCall<_raftel_v1_RemoveTrunkRequest__Output, _raftel_v1_Trunk>;
  
  RemoveUser: grpc.handleUnaryCall<_raftel_v1_UserName__Output, _raftel_v1_User>;
  
  ReplayPlan: grpc.handleServerStreamingCall<_raftel_v1_ReplayPlanRequest__Output, _raftel_v1_Replay>;
  
  RollbackPlan: grpc.handleUnaryCall<_raftel_v1_RollbackPlanRequest__Output, _raftel_v1_PlanChanged>;
  
  RotateOperator: grpc.handleUnaryCall<_raftel_v1_OperatorName__Output, _raftel_v1_OperatorToken>;
  
  SaveSnapshot: grpc.handleServerStreamingCall<_raftel_v1_SaveSnapshotRequest__Output, _raftel_v1_SnapshotBytes>;
  
  SetLimit: grpc.handleUnaryCall<_raftel_v1_Limit__Output, _raftel_v1_Limit>;
  
  SetProfile: grpc.handleUnaryCall<_raftel_v1_SetProfileRequest__Output, _raftel_v1_Profile>;
  
  TestPlan: grpc.handleUnaryCall<_raftel_v1_TestPlanRequest__Output, _raftel_v1_TestResults>;
  
  TraceCall: grpc.handleServerStreamingCall<_raftel_v1_TraceCallRequest__Output, _raftel_v1_Traced>;
  
  TransferLeader: grpc.handleUnaryCall<_raftel_v1_TransferLeaderRequest__Output, _raftel_v1_TransferLeaderReply>;
  
  ValidatePlan: grpc.handleUnaryCall<_raftel_v1_ValidatePlanRequest__Output, _raftel_v1_PlanVerdict>;
  
  VerifyCluster: grpc.handleUnaryCall<_raftel_v1_VerifyClusterRequest__Output, _raftel_v1_ClusterVerdict>;
  
  Watch: grpc.handleServerStreamingCall<_raftel_v1_WatchRequest__Output, _raftel_v1_Change>;
  
}

export interface ControlDefinition extends grpc.ServiceDefinition {
  AddBan: MethodDefinition<_raftel_v1_AddBanRequest, _raftel_v1_Ban, _raftel_v1_AddBanRequest__Output, _raftel_v1_Ban__Output>
  AddCredit: MethodDefinition<_raftel_v1_AddCreditRequest, _raftel_v1_Credit, _raftel_v1_AddCreditRequest__Output, _raftel_v1_Credit__Output>
  AddMember: MethodDefinition<_raftel_v1_AddMemberRequest, _raftel_v1_Members, _raftel_v1_AddMemberRequest__Output, _raftel_v1_Members__Output>
  AddSink: MethodDefinition<_raftel_v1_AddSinkRequest, _raftel_v1_Sink, _raftel_v1_AddSinkRequest__Output, _raftel_v1_Sink__Output>
  AddUser: MethodDefinition<_raftel_v1_AddUserRequest, _raftel_v1_User, _raftel_v1_AddUserRequest__Output, _raftel_v1_User__Output>
  CommitPlan: MethodDefinition<_raftel_v1_CommitPlanRequest, _raftel_v1_PlanChanged, _raftel_v1_CommitPlanRequest__Output, _raftel_v1_PlanChanged__Output>
  Events: MethodDefinition<_raftel_v1_EventsRequest, _raftel_v1_Event, _raftel_v1_EventsRequest__Output, _raftel_v1_Event__Output>
  ExplainCall: MethodDefinition<_raftel_v1_ExplainCallRequest, _raftel_v1_Explanation, _raftel_v1_ExplainCallRequest__Output, _raftel_v1_Explanation__Output>
  ExplainRoute: MethodDefinition<_raftel_v1_ExplainRouteRequest, _raftel_v1_RouteExplanation, _raftel_v1_ExplainRouteRequest__Output, _raftel_v1_RouteExplanation__Output>
  GetCall: MethodDefinition<_raftel_v1_GetCallRequest, _raftel_v1_Call, _raftel_v1_GetCallRequest__Output, _raftel_v1_Call__Output>
  GetCdr: MethodDefinition<_raftel_v1_GetCdrRequest, _raftel_v1_Cdr, _raftel_v1_GetCdrRequest__Output, _raftel_v1_Cdr__Output>
  GetCluster: MethodDefinition<_raftel_v1_GetClusterRequest, _raftel_v1_ClusterStatus, _raftel_v1_GetClusterRequest__Output, _raftel_v1_ClusterStatus__Output>
  GetCredit: MethodDefinition<_raftel_v1_CreditAccount, _raftel_v1_Credit, _raftel_v1_CreditAccount__Output, _raftel_v1_Credit__Output>
  GetHashes: MethodDefinition<_raftel_v1_GetHashesRequest, _raftel_v1_StateHashes, _raftel_v1_GetHashesRequest__Output, _raftel_v1_StateHashes__Output>
  GetHealth: MethodDefinition<_raftel_v1_GetHealthRequest, _raftel_v1_Health, _raftel_v1_GetHealthRequest__Output, _raftel_v1_Health__Output>
  GetLimit: MethodDefinition<_raftel_v1_LimitKey, _raftel_v1_Limit, _raftel_v1_LimitKey__Output, _raftel_v1_Limit__Output>
  GetNode: MethodDefinition<_raftel_v1_GetNodeRequest, _raftel_v1_NodeStatus, _raftel_v1_GetNodeRequest__Output, _raftel_v1_NodeStatus__Output>
  GetOverview: MethodDefinition<_raftel_v1_GetOverviewRequest, _raftel_v1_Overview, _raftel_v1_GetOverviewRequest__Output, _raftel_v1_Overview__Output>
  GetPlan: MethodDefinition<_raftel_v1_GetPlanRequest, _raftel_v1_Plan, _raftel_v1_GetPlanRequest__Output, _raftel_v1_Plan__Output>
  GetPrice: MethodDefinition<_raftel_v1_PriceRequest, _raftel_v1_Price, _raftel_v1_PriceRequest__Output, _raftel_v1_Price__Output>
  GetProfiles: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_ProfilePage, _raftel_v1_ListRequest__Output, _raftel_v1_ProfilePage__Output>
  GetTrunk: MethodDefinition<_raftel_v1_GetTrunkRequest, _raftel_v1_Trunk, _raftel_v1_GetTrunkRequest__Output, _raftel_v1_Trunk__Output>
  GetUser: MethodDefinition<_raftel_v1_UserName, _raftel_v1_UserDetail, _raftel_v1_UserName__Output, _raftel_v1_UserDetail__Output>
  HangUpCall: MethodDefinition<_raftel_v1_HangUpCallRequest, _raftel_v1_HangUpCallReply, _raftel_v1_HangUpCallRequest__Output, _raftel_v1_HangUpCallReply__Output>
  ImportRates: MethodDefinition<_raftel_v1_RatesPart, _raftel_v1_ImportReport, _raftel_v1_RatesPart__Output, _raftel_v1_ImportReport__Output>
  ImportUsers: MethodDefinition<_raftel_v1_ImportUsersRequest, _raftel_v1_ImportUsersReply, _raftel_v1_ImportUsersRequest__Output, _raftel_v1_ImportUsersReply__Output>
  ListAudit: MethodDefinition<_raftel_v1_ListAuditRequest, _raftel_v1_AuditPage, _raftel_v1_ListAuditRequest__Output, _raftel_v1_AuditPage__Output>
  ListBans: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_BanPage, _raftel_v1_ListRequest__Output, _raftel_v1_BanPage__Output>
  ListCalls: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_CallPage, _raftel_v1_ListRequest__Output, _raftel_v1_CallPage__Output>
  ListCdrs: MethodDefinition<_raftel_v1_ListCdrsRequest, _raftel_v1_CdrPage, _raftel_v1_ListCdrsRequest__Output, _raftel_v1_CdrPage__Output>
  ListCommits: MethodDefinition<_raftel_v1_ListCommitsRequest, _raftel_v1_CommitList, _raftel_v1_ListCommitsRequest__Output, _raftel_v1_CommitList__Output>
  ListCredit: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_CreditPage, _raftel_v1_ListRequest__Output, _raftel_v1_CreditPage__Output>
  ListDecks: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_DeckPage, _raftel_v1_ListRequest__Output, _raftel_v1_DeckPage__Output>
  ListLimits: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_LimitPage, _raftel_v1_ListRequest__Output, _raftel_v1_LimitPage__Output>
  ListOperators: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_OperatorPage, _raftel_v1_ListRequest__Output, _raftel_v1_OperatorPage__Output>
  ListPlans: MethodDefinition<_raftel_v1_ListPlansRequest, _raftel_v1_PlanList, _raftel_v1_ListPlansRequest__Output, _raftel_v1_PlanList__Output>
  ListRates: MethodDefinition<_raftel_v1_ListRatesRequest, _raftel_v1_RatePage, _raftel_v1_ListRatesRequest__Output, _raftel_v1_RatePage__Output>
  ListRegistrations: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_RegistrationPage, _raftel_v1_ListRequest__Output, _raftel_v1_RegistrationPage__Output>
  ListSinks: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_SinkPage, _raftel_v1_ListRequest__Output, _raftel_v1_SinkPage__Output>
  ListTenants: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_TenantPage, _raftel_v1_ListRequest__Output, _raftel_v1_TenantPage__Output>
  ListTrunks: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_TrunkPage, _raftel_v1_ListRequest__Output, _raftel_v1_TrunkPage__Output>
  ListUsers: MethodDefinition<_raftel_v1_ListRequest, _raftel_v1_UserPage, _raftel_v1_ListRequest__Output, _raftel_v1_UserPage__Output>
  PauseSink: MethodDefinition<_raftel_v1_PauseSinkRequest, _raftel_v1_Sink, _raftel_v1_PauseSinkRequest__Output, _raftel_v1_Sink__Output>
  PromoteMember: MethodDefinition<_raftel_v1_PromoteMemberRequest, _raftel_v1_Members, _raftel_v1_PromoteMemberRequest__Output, _raftel_v1_Members__Output>
  PutOperator: MethodDefinition<_raftel_v1_PutOperatorRequest, _raftel_v1_OperatorToken, _raftel_v1_PutOperatorRequest__Output, _raftel_v1_OperatorToken__Output>
  PutTenant: MethodDefinition<_raftel_v1_PutTenantRequest, _raftel_v1_Tenant, _raftel_v1_PutTenantRequest__Output, _raftel_v1_Tenant__Output>
  PutTrunk: MethodDefinition<_raftel_v1_PutTrunkRequest, _raftel_v1_Trunk, _raftel_v1_PutTrunkRequest__Output, _raftel_v1_Trunk__Output>
  RecentDecisions: MethodDefinition<_raftel_v1_RecentDecisionsRequest, _raftel_v1_Decisions, _raftel_v1_RecentDecisionsRequest__Output, _raftel_v1_Decisions__Output>
  RemoveBan: MethodDefinition<_raftel_v1_RemoveBanRequest, _raftel_v1_Ban, _raftel_v1_RemoveBanRequest__Output, _raftel_v1_Ban__Output>
  RemoveDeck: MethodDefinition<_raftel_v1_DeckName, _raftel_v1_Deck, _raftel_v1_DeckName__Output, _raftel_v1_Deck__Output>
  RemoveLimit: MethodDefinition<_raftel_v1_LimitKey, _raftel_v1_Limit, _raftel_v1_LimitKey__Output, _raftel_v1_Limit__Output>
  RemoveMember: MethodDefinition<_raftel_v1_RemoveMemberRequest, _raftel_v1_Members, _raftel_v1_RemoveMemberRequest__Output, _raftel_v1_Members__Output>
  RemoveOperator: MethodDefinition<_raftel_v1_OperatorName, _raftel_v1_Operator, _raftel_v1_OperatorName__Output, _raftel_v1_Operator__Output>
  RemovePlan: MethodDefinition<_raftel_v1_RemovePlanRequest, _raftel_v1_PlanChanged, _raftel_v1_RemovePlanRequest__Output, _raftel_v1_PlanChanged__Output>
  RemoveSink: MethodDefinition<_raftel_v1_RemoveSinkRequest, _raftel_v1_Sink, _raftel_v1_RemoveSinkRequest__Output, _raftel_v1_Sink__Output>
  RemoveTenant: MethodDefinition<_raftel_v1_TenantName, _raftel_v1_Tenant, _raftel_v1_TenantName__Output, _raftel_v1_Tenant__Output>
  RemoveTrunk: MethodDefinition<_raftel_v1_RemoveTrunkRequest, _raftel_v1_Trunk, _raftel_v1_RemoveTrunkRequest__Output, _raftel_v1_Trunk__Output>
  RemoveUser: MethodDefinition<_raftel_v1_UserName, _raftel_v1_User, _raftel_v1_UserName__Output, _raftel_v1_User__Output>
  ReplayPlan: MethodDefinition<_raftel_v1_ReplayPlanRequest, _raftel_v1_Replay, _raftel_v1_ReplayPlanRequest__Output, _raftel_v1_Replay__Output>
  RollbackPlan: MethodDefinition<_raftel_v1_RollbackPlanRequest, _raftel_v1_PlanChanged, _raftel_v1_RollbackPlanRequest__Output, _raftel_v1_PlanChanged__Output>
  RotateOperator: MethodDefinition<_raftel_v1_OperatorName, _raftel_v1_OperatorToken, _raftel_v1_OperatorName__Output, _raftel_v1_OperatorToken__Output>
  SaveSnapshot: MethodDefinition<_raftel_v1_SaveSnapshotRequest, _raftel_v1_SnapshotBytes, _raftel_v1_SaveSnapshotRequest__Output, _raftel_v1_SnapshotBytes__Output>
  SetLimit: MethodDefinition<_raftel_v1_Limit, _raftel_v1_Limit, _raftel_v1_Limit__Output, _raftel_v1_Limit__Output>
  SetProfile: MethodDefinition<_raftel_v1_SetProfileRequest, _raftel_v1_Profile, _raftel_v1_SetProfileRequest__Output, _raftel_v1_Profile__Output>
  TestPlan: MethodDefinition<_raftel_v1_TestPlanRequest, _raftel_v1_TestResults, _raftel_v1_TestPlanRequest__Output, _raftel_v1_TestResults__Output>
  TraceCall: MethodDefinition<_raftel_v1_TraceCallRequest, _raftel_v1_Traced, _raftel_v1_TraceCallRequest__Output, _raftel_v1_Traced__Output>
  TransferLeader: MethodDefinition<_raftel_v1_TransferLeaderRequest, _raftel_v1_TransferLeaderReply, _raftel_v1_TransferLeaderRequest__Output, _raftel_v1_TransferLeaderReply__Output>
  ValidatePlan: MethodDefinition<_raftel_v1_ValidatePlanRequest, _raftel_v1_PlanVerdict, _raftel_v1_ValidatePlanRequest__Output, _raftel_v1_PlanVerdict__Output>
  VerifyCluster: MethodDefinition<_raftel_v1_VerifyClusterRequest, _raftel_v1_ClusterVerdict, _raftel_v1_VerifyClusterRequest__Output, _raftel_v1_ClusterVerdict__Output>
  Watch: MethodDefinition<_raftel_v1_WatchRequest, _raftel_v1_Change, _raftel_v1_WatchRequest__Output, _raftel_v1_Change__Output>
}
