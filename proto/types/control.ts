import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AddBanRequest as _raftel_v1_AddBanRequest, AddBanRequest__Output as _raftel_v1_AddBanRequest__Output } from './raftel/v1/AddBanRequest.ts';
import type { AddCreditRequest as _raftel_v1_AddCreditRequest, AddCreditRequest__Output as _raftel_v1_AddCreditRequest__Output } from './raftel/v1/AddCreditRequest.ts';
import type { AddMemberRequest as _raftel_v1_AddMemberRequest, AddMemberRequest__Output as _raftel_v1_AddMemberRequest__Output } from './raftel/v1/AddMemberRequest.ts';
import type { AddSinkRequest as _raftel_v1_AddSinkRequest, AddSinkRequest__Output as _raftel_v1_AddSinkRequest__Output } from './raftel/v1/AddSinkRequest.ts';
import type { AddUserRequest as _raftel_v1_AddUserRequest, AddUserRequest__Output as _raftel_v1_AddUserRequest__Output } from './raftel/v1/AddUserRequest.ts';
import type { Asked as _raftel_v1_Asked, Asked__Output as _raftel_v1_Asked__Output } from './raftel/v1/Asked.ts';
import type { Attempt as _raftel_v1_Attempt, Attempt__Output as _raftel_v1_Attempt__Output } from './raftel/v1/Attempt.ts';
import type { AuditEntry as _raftel_v1_AuditEntry, AuditEntry__Output as _raftel_v1_AuditEntry__Output } from './raftel/v1/AuditEntry.ts';
import type { AuditPage as _raftel_v1_AuditPage, AuditPage__Output as _raftel_v1_AuditPage__Output } from './raftel/v1/AuditPage.ts';
import type { Ban as _raftel_v1_Ban, Ban__Output as _raftel_v1_Ban__Output } from './raftel/v1/Ban.ts';
import type { BanPage as _raftel_v1_BanPage, BanPage__Output as _raftel_v1_BanPage__Output } from './raftel/v1/BanPage.ts';
import type { Call as _raftel_v1_Call, Call__Output as _raftel_v1_Call__Output } from './raftel/v1/Call.ts';
import type { CallPage as _raftel_v1_CallPage, CallPage__Output as _raftel_v1_CallPage__Output } from './raftel/v1/CallPage.ts';
import type { Cdr as _raftel_v1_Cdr, Cdr__Output as _raftel_v1_Cdr__Output } from './raftel/v1/Cdr.ts';
import type { CdrPage as _raftel_v1_CdrPage, CdrPage__Output as _raftel_v1_CdrPage__Output } from './raftel/v1/CdrPage.ts';
import type { Change as _raftel_v1_Change, Change__Output as _raftel_v1_Change__Output } from './raftel/v1/Change.ts';
import type { Check as _raftel_v1_Check, Check__Output as _raftel_v1_Check__Output } from './raftel/v1/Check.ts';
import type { ClusterNode as _raftel_v1_ClusterNode, ClusterNode__Output as _raftel_v1_ClusterNode__Output } from './raftel/v1/ClusterNode.ts';
import type { ClusterStatus as _raftel_v1_ClusterStatus, ClusterStatus__Output as _raftel_v1_ClusterStatus__Output } from './raftel/v1/ClusterStatus.ts';
import type { ClusterVerdict as _raftel_v1_ClusterVerdict, ClusterVerdict__Output as _raftel_v1_ClusterVerdict__Output } from './raftel/v1/ClusterVerdict.ts';
import type { Commit as _raftel_v1_Commit, Commit__Output as _raftel_v1_Commit__Output } from './raftel/v1/Commit.ts';
import type { CommitList as _raftel_v1_CommitList, CommitList__Output as _raftel_v1_CommitList__Output } from './raftel/v1/CommitList.ts';
import type { CommitPlanRequest as _raftel_v1_CommitPlanRequest, CommitPlanRequest__Output as _raftel_v1_CommitPlanRequest__Output } from './raftel/v1/CommitPlanRequest.ts';
import type { ControlClient as _raftel_v1_ControlClient, ControlDefinition as _raftel_v1_ControlDefinition } from './raftel/v1/Control.ts';
import type { Credit as _raftel_v1_Credit, Credit__Output as _raftel_v1_Credit__Output } from './raftel/v1/Credit.ts';
import type { CreditAccount as _raftel_v1_CreditAccount, CreditAccount__Output as _raftel_v1_CreditAccount__Output } from './raftel/v1/CreditAccount.ts';
import type { CreditPage as _raftel_v1_CreditPage, CreditPage__Output as _raftel_v1_CreditPage__Output } from './raftel/v1/CreditPage.ts';
import type { Decisions as _raftel_v1_Decisions, Decisions__Output as _raftel_v1_Decisions__Output } from './raftel/v1/Decisions.ts';
import type { Deck as _raftel_v1_Deck, Deck__Output as _raftel_v1_Deck__Output } from './raftel/v1/Deck.ts';
import type { DeckName as _raftel_v1_DeckName, DeckName__Output as _raftel_v1_DeckName__Output } from './raftel/v1/DeckName.ts';
import type { DeckPage as _raftel_v1_DeckPage, DeckPage__Output as _raftel_v1_DeckPage__Output } from './raftel/v1/DeckPage.ts';
import type { Event as _raftel_v1_Event, Event__Output as _raftel_v1_Event__Output } from './raftel/v1/Event.ts';
import type { EventsRequest as _raftel_v1_EventsRequest, EventsRequest__Output as _raftel_v1_EventsRequest__Output } from './raftel/v1/EventsRequest.ts';
import type { ExplainCallRequest as _raftel_v1_ExplainCallRequest, ExplainCallRequest__Output as _raftel_v1_ExplainCallRequest__Output } from './raftel/v1/ExplainCallRequest.ts';
import type { ExplainRouteRequest as _raftel_v1_ExplainRouteRequest, ExplainRouteRequest__Output as _raftel_v1_ExplainRouteRequest__Output } from './raftel/v1/ExplainRouteRequest.ts';
import type { ExplainedStep as _raftel_v1_ExplainedStep, ExplainedStep__Output as _raftel_v1_ExplainedStep__Output } from './raftel/v1/ExplainedStep.ts';
import type { Explanation as _raftel_v1_Explanation, Explanation__Output as _raftel_v1_Explanation__Output } from './raftel/v1/Explanation.ts';
import type { GetCallRequest as _raftel_v1_GetCallRequest, GetCallRequest__Output as _raftel_v1_GetCallRequest__Output } from './raftel/v1/GetCallRequest.ts';
import type { GetCdrRequest as _raftel_v1_GetCdrRequest, GetCdrRequest__Output as _raftel_v1_GetCdrRequest__Output } from './raftel/v1/GetCdrRequest.ts';
import type { GetClusterRequest as _raftel_v1_GetClusterRequest, GetClusterRequest__Output as _raftel_v1_GetClusterRequest__Output } from './raftel/v1/GetClusterRequest.ts';
import type { GetHashesRequest as _raftel_v1_GetHashesRequest, GetHashesRequest__Output as _raftel_v1_GetHashesRequest__Output } from './raftel/v1/GetHashesRequest.ts';
import type { GetHealthRequest as _raftel_v1_GetHealthRequest, GetHealthRequest__Output as _raftel_v1_GetHealthRequest__Output } from './raftel/v1/GetHealthRequest.ts';
import type { GetNodeRequest as _raftel_v1_GetNodeRequest, GetNodeRequest__Output as _raftel_v1_GetNodeRequest__Output } from './raftel/v1/GetNodeRequest.ts';
import type { GetOverviewRequest as _raftel_v1_GetOverviewRequest, GetOverviewRequest__Output as _raftel_v1_GetOverviewRequest__Output } from './raftel/v1/GetOverviewRequest.ts';
import type { GetPlanRequest as _raftel_v1_GetPlanRequest, GetPlanRequest__Output as _raftel_v1_GetPlanRequest__Output } from './raftel/v1/GetPlanRequest.ts';
import type { GetTrunkRequest as _raftel_v1_GetTrunkRequest, GetTrunkRequest__Output as _raftel_v1_GetTrunkRequest__Output } from './raftel/v1/GetTrunkRequest.ts';
import type { Grant as _raftel_v1_Grant, Grant__Output as _raftel_v1_Grant__Output } from './raftel/v1/Grant.ts';
import type { Guard as _raftel_v1_Guard, Guard__Output as _raftel_v1_Guard__Output } from './raftel/v1/Guard.ts';
import type { HangUpCallReply as _raftel_v1_HangUpCallReply, HangUpCallReply__Output as _raftel_v1_HangUpCallReply__Output } from './raftel/v1/HangUpCallReply.ts';
import type { HangUpCallRequest as _raftel_v1_HangUpCallRequest, HangUpCallRequest__Output as _raftel_v1_HangUpCallRequest__Output } from './raftel/v1/HangUpCallRequest.ts';
import type { Health as _raftel_v1_Health, Health__Output as _raftel_v1_Health__Output } from './raftel/v1/Health.ts';
import type { ImportReport as _raftel_v1_ImportReport, ImportReport__Output as _raftel_v1_ImportReport__Output } from './raftel/v1/ImportReport.ts';
import type { ImportUser as _raftel_v1_ImportUser, ImportUser__Output as _raftel_v1_ImportUser__Output } from './raftel/v1/ImportUser.ts';
import type { ImportUsersReply as _raftel_v1_ImportUsersReply, ImportUsersReply__Output as _raftel_v1_ImportUsersReply__Output } from './raftel/v1/ImportUsersReply.ts';
import type { ImportUsersRequest as _raftel_v1_ImportUsersRequest, ImportUsersRequest__Output as _raftel_v1_ImportUsersRequest__Output } from './raftel/v1/ImportUsersRequest.ts';
import type { Leg as _raftel_v1_Leg, Leg__Output as _raftel_v1_Leg__Output } from './raftel/v1/Leg.ts';
import type { Limit as _raftel_v1_Limit, Limit__Output as _raftel_v1_Limit__Output } from './raftel/v1/Limit.ts';
import type { LimitKey as _raftel_v1_LimitKey, LimitKey__Output as _raftel_v1_LimitKey__Output } from './raftel/v1/LimitKey.ts';
import type { LimitPage as _raftel_v1_LimitPage, LimitPage__Output as _raftel_v1_LimitPage__Output } from './raftel/v1/LimitPage.ts';
import type { LineError as _raftel_v1_LineError, LineError__Output as _raftel_v1_LineError__Output } from './raftel/v1/LineError.ts';
import type { ListAuditRequest as _raftel_v1_ListAuditRequest, ListAuditRequest__Output as _raftel_v1_ListAuditRequest__Output } from './raftel/v1/ListAuditRequest.ts';
import type { ListCdrsRequest as _raftel_v1_ListCdrsRequest, ListCdrsRequest__Output as _raftel_v1_ListCdrsRequest__Output } from './raftel/v1/ListCdrsRequest.ts';
import type { ListCommitsRequest as _raftel_v1_ListCommitsRequest, ListCommitsRequest__Output as _raftel_v1_ListCommitsRequest__Output } from './raftel/v1/ListCommitsRequest.ts';
import type { ListPlansRequest as _raftel_v1_ListPlansRequest, ListPlansRequest__Output as _raftel_v1_ListPlansRequest__Output } from './raftel/v1/ListPlansRequest.ts';
import type { ListRatesRequest as _raftel_v1_ListRatesRequest, ListRatesRequest__Output as _raftel_v1_ListRatesRequest__Output } from './raftel/v1/ListRatesRequest.ts';
import type { ListRequest as _raftel_v1_ListRequest, ListRequest__Output as _raftel_v1_ListRequest__Output } from './raftel/v1/ListRequest.ts';
import type { Mark as _raftel_v1_Mark, Mark__Output as _raftel_v1_Mark__Output } from './raftel/v1/Mark.ts';
import type { MediaQuality as _raftel_v1_MediaQuality, MediaQuality__Output as _raftel_v1_MediaQuality__Output } from './raftel/v1/MediaQuality.ts';
import type { MediaStream as _raftel_v1_MediaStream, MediaStream__Output as _raftel_v1_MediaStream__Output } from './raftel/v1/MediaStream.ts';
import type { Member as _raftel_v1_Member, Member__Output as _raftel_v1_Member__Output } from './raftel/v1/Member.ts';
import type { Members as _raftel_v1_Members, Members__Output as _raftel_v1_Members__Output } from './raftel/v1/Members.ts';
import type { NodeStatus as _raftel_v1_NodeStatus, NodeStatus__Output as _raftel_v1_NodeStatus__Output } from './raftel/v1/NodeStatus.ts';
import type { NodeVerdict as _raftel_v1_NodeVerdict, NodeVerdict__Output as _raftel_v1_NodeVerdict__Output } from './raftel/v1/NodeVerdict.ts';
import type { Operator as _raftel_v1_Operator, Operator__Output as _raftel_v1_Operator__Output } from './raftel/v1/Operator.ts';
import type { OperatorName as _raftel_v1_OperatorName, OperatorName__Output as _raftel_v1_OperatorName__Output } from './raftel/v1/OperatorName.ts';
import type { OperatorPage as _raftel_v1_OperatorPage, OperatorPage__Output as _raftel_v1_OperatorPage__Output } from './raftel/v1/OperatorPage.ts';
import type { OperatorToken as _raftel_v1_OperatorToken, OperatorToken__Output as _raftel_v1_OperatorToken__Output } from './raftel/v1/OperatorToken.ts';
import type { Overview as _raftel_v1_Overview, Overview__Output as _raftel_v1_Overview__Output } from './raftel/v1/Overview.ts';
import type { PauseSinkRequest as _raftel_v1_PauseSinkRequest, PauseSinkRequest__Output as _raftel_v1_PauseSinkRequest__Output } from './raftel/v1/PauseSinkRequest.ts';
import type { Plan as _raftel_v1_Plan, Plan__Output as _raftel_v1_Plan__Output } from './raftel/v1/Plan.ts';
import type { PlanChanged as _raftel_v1_PlanChanged, PlanChanged__Output as _raftel_v1_PlanChanged__Output } from './raftel/v1/PlanChanged.ts';
import type { PlanList as _raftel_v1_PlanList, PlanList__Output as _raftel_v1_PlanList__Output } from './raftel/v1/PlanList.ts';
import type { PlanVerdict as _raftel_v1_PlanVerdict, PlanVerdict__Output as _raftel_v1_PlanVerdict__Output } from './raftel/v1/PlanVerdict.ts';
import type { Price as _raftel_v1_Price, Price__Output as _raftel_v1_Price__Output } from './raftel/v1/Price.ts';
import type { PriceRequest as _raftel_v1_PriceRequest, PriceRequest__Output as _raftel_v1_PriceRequest__Output } from './raftel/v1/PriceRequest.ts';
import type { Profile as _raftel_v1_Profile, Profile__Output as _raftel_v1_Profile__Output } from './raftel/v1/Profile.ts';
import type { ProfilePage as _raftel_v1_ProfilePage, ProfilePage__Output as _raftel_v1_ProfilePage__Output } from './raftel/v1/ProfilePage.ts';
import type { PromoteMemberRequest as _raftel_v1_PromoteMemberRequest, PromoteMemberRequest__Output as _raftel_v1_PromoteMemberRequest__Output } from './raftel/v1/PromoteMemberRequest.ts';
import type { PutOperatorRequest as _raftel_v1_PutOperatorRequest, PutOperatorRequest__Output as _raftel_v1_PutOperatorRequest__Output } from './raftel/v1/PutOperatorRequest.ts';
import type { PutTenantRequest as _raftel_v1_PutTenantRequest, PutTenantRequest__Output as _raftel_v1_PutTenantRequest__Output } from './raftel/v1/PutTenantRequest.ts';
import type { PutTrunkRequest as _raftel_v1_PutTrunkRequest, PutTrunkRequest__Output as _raftel_v1_PutTrunkRequest__Output } from './raftel/v1/PutTrunkRequest.ts';
import type { RatePage as _raftel_v1_RatePage, RatePage__Output as _raftel_v1_RatePage__Output } from './raftel/v1/RatePage.ts';
import type { RateRow as _raftel_v1_RateRow, RateRow__Output as _raftel_v1_RateRow__Output } from './raftel/v1/RateRow.ts';
import type { RatesHead as _raftel_v1_RatesHead, RatesHead__Output as _raftel_v1_RatesHead__Output } from './raftel/v1/RatesHead.ts';
import type { RatesPart as _raftel_v1_RatesPart, RatesPart__Output as _raftel_v1_RatesPart__Output } from './raftel/v1/RatesPart.ts';
import type { RecentDecisionsRequest as _raftel_v1_RecentDecisionsRequest, RecentDecisionsRequest__Output as _raftel_v1_RecentDecisionsRequest__Output } from './raftel/v1/RecentDecisionsRequest.ts';
import type { RefusedCdr as _raftel_v1_RefusedCdr, RefusedCdr__Output as _raftel_v1_RefusedCdr__Output } from './raftel/v1/RefusedCdr.ts';
import type { Registration as _raftel_v1_Registration, Registration__Output as _raftel_v1_Registration__Output } from './raftel/v1/Registration.ts';
import type { RegistrationPage as _raftel_v1_RegistrationPage, RegistrationPage__Output as _raftel_v1_RegistrationPage__Output } from './raftel/v1/RegistrationPage.ts';
import type { RemoveBanRequest as _raftel_v1_RemoveBanRequest, RemoveBanRequest__Output as _raftel_v1_RemoveBanRequest__Output } from './raftel/v1/RemoveBanRequest.ts';
import type { RemoveMemberRequest as _raftel_v1_RemoveMemberRequest, RemoveMemberRequest__Output as _raftel_v1_RemoveMemberRequest__Output } from './raftel/v1/RemoveMemberRequest.ts';
import type { RemovePlanRequest as _raftel_v1_RemovePlanRequest, RemovePlanRequest__Output as _raftel_v1_RemovePlanRequest__Output } from './raftel/v1/RemovePlanRequest.ts';
import type { RemoveSinkRequest as _raftel_v1_RemoveSinkRequest, RemoveSinkRequest__Output as _raftel_v1_RemoveSinkRequest__Output } from './raftel/v1/RemoveSinkRequest.ts';
import type { RemoveTrunkRequest as _raftel_v1_RemoveTrunkRequest, RemoveTrunkRequest__Output as _raftel_v1_RemoveTrunkRequest__Output } from './raftel/v1/RemoveTrunkRequest.ts';
import type { Replay as _raftel_v1_Replay, Replay__Output as _raftel_v1_Replay__Output } from './raftel/v1/Replay.ts';
import type { ReplayChange as _raftel_v1_ReplayChange, ReplayChange__Output as _raftel_v1_ReplayChange__Output } from './raftel/v1/ReplayChange.ts';
import type { ReplayPlanRequest as _raftel_v1_ReplayPlanRequest, ReplayPlanRequest__Output as _raftel_v1_ReplayPlanRequest__Output } from './raftel/v1/ReplayPlanRequest.ts';
import type { ReplaySums as _raftel_v1_ReplaySums, ReplaySums__Output as _raftel_v1_ReplaySums__Output } from './raftel/v1/ReplaySums.ts';
import type { RollbackPlanRequest as _raftel_v1_RollbackPlanRequest, RollbackPlanRequest__Output as _raftel_v1_RollbackPlanRequest__Output } from './raftel/v1/RollbackPlanRequest.ts';
import type { RouteDecision as _raftel_v1_RouteDecision, RouteDecision__Output as _raftel_v1_RouteDecision__Output } from './raftel/v1/RouteDecision.ts';
import type { RouteExplanation as _raftel_v1_RouteExplanation, RouteExplanation__Output as _raftel_v1_RouteExplanation__Output } from './raftel/v1/RouteExplanation.ts';
import type { SaveSnapshotRequest as _raftel_v1_SaveSnapshotRequest, SaveSnapshotRequest__Output as _raftel_v1_SaveSnapshotRequest__Output } from './raftel/v1/SaveSnapshotRequest.ts';
import type { SetProfileRequest as _raftel_v1_SetProfileRequest, SetProfileRequest__Output as _raftel_v1_SetProfileRequest__Output } from './raftel/v1/SetProfileRequest.ts';
import type { Silence as _raftel_v1_Silence, Silence__Output as _raftel_v1_Silence__Output } from './raftel/v1/Silence.ts';
import type { Sink as _raftel_v1_Sink, Sink__Output as _raftel_v1_Sink__Output } from './raftel/v1/Sink.ts';
import type { SinkPage as _raftel_v1_SinkPage, SinkPage__Output as _raftel_v1_SinkPage__Output } from './raftel/v1/SinkPage.ts';
import type { SnapshotBytes as _raftel_v1_SnapshotBytes, SnapshotBytes__Output as _raftel_v1_SnapshotBytes__Output } from './raftel/v1/SnapshotBytes.ts';
import type { StateHash as _raftel_v1_StateHash, StateHash__Output as _raftel_v1_StateHash__Output } from './raftel/v1/StateHash.ts';
import type { StateHashes as _raftel_v1_StateHashes, StateHashes__Output as _raftel_v1_StateHashes__Output } from './raftel/v1/StateHashes.ts';
import type { Tenant as _raftel_v1_Tenant, Tenant__Output as _raftel_v1_Tenant__Output } from './raftel/v1/Tenant.ts';
import type { TenantName as _raftel_v1_TenantName, TenantName__Output as _raftel_v1_TenantName__Output } from './raftel/v1/TenantName.ts';
import type { TenantPage as _raftel_v1_TenantPage, TenantPage__Output as _raftel_v1_TenantPage__Output } from './raftel/v1/TenantPage.ts';
import type { TestPlanRequest as _raftel_v1_TestPlanRequest, TestPlanRequest__Output as _raftel_v1_TestPlanRequest__Output } from './raftel/v1/TestPlanRequest.ts';
import type { TestResult as _raftel_v1_TestResult, TestResult__Output as _raftel_v1_TestResult__Output } from './raftel/v1/TestResult.ts';
import type { TestResults as _raftel_v1_TestResults, TestResults__Output as _raftel_v1_TestResults__Output } from './raftel/v1/TestResults.ts';
import type { TraceCallRequest as _raftel_v1_TraceCallRequest, TraceCallRequest__Output as _raftel_v1_TraceCallRequest__Output } from './raftel/v1/TraceCallRequest.ts';
import type { Traced as _raftel_v1_Traced, Traced__Output as _raftel_v1_Traced__Output } from './raftel/v1/Traced.ts';
import type { TracedMessage as _raftel_v1_TracedMessage, TracedMessage__Output as _raftel_v1_TracedMessage__Output } from './raftel/v1/TracedMessage.ts';
import type { TracedNode as _raftel_v1_TracedNode, TracedNode__Output as _raftel_v1_TracedNode__Output } from './raftel/v1/TracedNode.ts';
import type { TransferLeaderReply as _raftel_v1_TransferLeaderReply, TransferLeaderReply__Output as _raftel_v1_TransferLeaderReply__Output } from './raftel/v1/TransferLeaderReply.ts';
import type { TransferLeaderRequest as _raftel_v1_TransferLeaderRequest, TransferLeaderRequest__Output as _raftel_v1_TransferLeaderRequest__Output } from './raftel/v1/TransferLeaderRequest.ts';
import type { Trunk as _raftel_v1_Trunk, Trunk__Output as _raftel_v1_Trunk__Output } from './raftel/v1/Trunk.ts';
import type { TrunkPage as _raftel_v1_TrunkPage, TrunkPage__Output as _raftel_v1_TrunkPage__Output } from './raftel/v1/TrunkPage.ts';
import type { TrunkView as _raftel_v1_TrunkView, TrunkView__Output as _raftel_v1_TrunkView__Output } from './raftel/v1/TrunkView.ts';
import type { User as _raftel_v1_User, User__Output as _raftel_v1_User__Output } from './raftel/v1/User.ts';
import type { UserDetail as _raftel_v1_UserDetail, UserDetail__Output as _raftel_v1_UserDetail__Output } from './raftel/v1/UserDetail.ts';
import type { UserName as _raftel_v1_UserName, UserName__Output as _raftel_v1_UserName__Output } from './raftel/v1/UserName.ts';
import type { UserPage as _raftel_v1_UserPage, UserPage__Output as _raftel_v1_UserPage__Output } from './raftel/v1/UserPage.ts';
import type { ValidatePlanRequest as _raftel_v1_ValidatePlanRequest, ValidatePlanRequest__Output as _raftel_v1_ValidatePlanRequest__Output } from './raftel/v1/ValidatePlanRequest.ts';
import type { VerifyClusterRequest as _raftel_v1_VerifyClusterRequest, VerifyClusterRequest__Output as _raftel_v1_VerifyClusterRequest__Output } from './raftel/v1/VerifyClusterRequest.ts';
import type { WatchRequest as _raftel_v1_WatchRequest, WatchRequest__Output as _raftel_v1_WatchRequest__Output } from './raftel/v1/WatchRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  raftel: {
    v1: {
      AddBanRequest: MessageTypeDefinition<_raftel_v1_AddBanRequest, _raftel_v1_AddBanRequest__Output>
      AddCreditRequest: MessageTypeDefinition<_raftel_v1_AddCreditRequest, _raftel_v1_AddCreditRequest__Output>
      AddMemberRequest: MessageTypeDefinition<_raftel_v1_AddMemberRequest, _raftel_v1_AddMemberRequest__Output>
      AddSinkRequest: MessageTypeDefinition<_raftel_v1_AddSinkRequest, _raftel_v1_AddSinkRequest__Output>
      AddUserRequest: MessageTypeDefinition<_raftel_v1_AddUserRequest, _raftel_v1_AddUserRequest__Output>
      Asked: MessageTypeDefinition<_raftel_v1_Asked, _raftel_v1_Asked__Output>
      Attempt: MessageTypeDefinition<_raftel_v1_Attempt, _raftel_v1_Attempt__Output>
      AuditEntry: MessageTypeDefinition<_raftel_v1_AuditEntry, _raftel_v1_AuditEntry__Output>
      AuditPage: MessageTypeDefinition<_raftel_v1_AuditPage, _raftel_v1_AuditPage__Output>
      Ban: MessageTypeDefinition<_raftel_v1_Ban, _raftel_v1_Ban__Output>
      BanPage: MessageTypeDefinition<_raftel_v1_BanPage, _raftel_v1_BanPage__Output>
      Call: MessageTypeDefinition<_raftel_v1_Call, _raftel_v1_Call__Output>
      CallPage: MessageTypeDefinition<_raftel_v1_CallPage, _raftel_v1_CallPage__Output>
      Cdr: MessageTypeDefinition<_raftel_v1_Cdr, _raftel_v1_Cdr__Output>
      CdrPage: MessageTypeDefinition<_raftel_v1_CdrPage, _raftel_v1_CdrPage__Output>
      Change: MessageTypeDefinition<_raftel_v1_Change, _raftel_v1_Change__Output>
      Check: MessageTypeDefinition<_raftel_v1_Check, _raftel_v1_Check__Output>
      ClusterNode: MessageTypeDefinition<_raftel_v1_ClusterNode, _raftel_v1_ClusterNode__Output>
      ClusterStatus: MessageTypeDefinition<_raftel_v1_ClusterStatus, _raftel_v1_ClusterStatus__Output>
      ClusterVerdict: MessageTypeDefinition<_raftel_v1_ClusterVerdict, _raftel_v1_ClusterVerdict__Output>
      Commit: MessageTypeDefinition<_raftel_v1_Commit, _raftel_v1_Commit__Output>
      CommitList: MessageTypeDefinition<_raftel_v1_CommitList, _raftel_v1_CommitList__Output>
      CommitPlanRequest: MessageTypeDefinition<_raftel_v1_CommitPlanRequest, _raftel_v1_CommitPlanRequest__Output>
      Control: SubtypeConstructor<typeof grpc.Client, _raftel_v1_ControlClient> & { service: _raftel_v1_ControlDefinition }
      Credit: MessageTypeDefinition<_raftel_v1_Credit, _raftel_v1_Credit__Output>
      CreditAccount: MessageTypeDefinition<_raftel_v1_CreditAccount, _raftel_v1_CreditAccount__Output>
      CreditPage: MessageTypeDefinition<_raftel_v1_CreditPage, _raftel_v1_CreditPage__Output>
      Decisions: MessageTypeDefinition<_raftel_v1_Decisions, _raftel_v1_Decisions__Output>
      Deck: MessageTypeDefinition<_raftel_v1_Deck, _raftel_v1_Deck__Output>
      DeckName: MessageTypeDefinition<_raftel_v1_DeckName, _raftel_v1_DeckName__Output>
      DeckPage: MessageTypeDefinition<_raftel_v1_DeckPage, _raftel_v1_DeckPage__Output>
      Event: MessageTypeDefinition<_raftel_v1_Event, _raftel_v1_Event__Output>
      EventsRequest: MessageTypeDefinition<_raftel_v1_EventsRequest, _raftel_v1_EventsRequest__Output>
      ExplainCallRequest: MessageTypeDefinition<_raftel_v1_ExplainCallRequest, _raftel_v1_ExplainCallRequest__Output>
      ExplainRouteRequest: MessageTypeDefinition<_raftel_v1_ExplainRouteRequest, _raftel_v1_ExplainRouteRequest__Output>
      ExplainedStep: MessageTypeDefinition<_raftel_v1_ExplainedStep, _raftel_v1_ExplainedStep__Output>
      Explanation: MessageTypeDefinition<_raftel_v1_Explanation, _raftel_v1_Explanation__Output>
      GetCallRequest: MessageTypeDefinition<_raftel_v1_GetCallRequest, _raftel_v1_GetCallRequest__Output>
      GetCdrRequest: MessageTypeDefinition<_raftel_v1_GetCdrRequest, _raftel_v1_GetCdrRequest__Output>
      GetClusterRequest: MessageTypeDefinition<_raftel_v1_GetClusterRequest, _raftel_v1_GetClusterRequest__Output>
      GetHashesRequest: MessageTypeDefinition<_raftel_v1_GetHashesRequest, _raftel_v1_GetHashesRequest__Output>
      GetHealthRequest: MessageTypeDefinition<_raftel_v1_GetHealthRequest, _raftel_v1_GetHealthRequest__Output>
      GetNodeRequest: MessageTypeDefinition<_raftel_v1_GetNodeRequest, _raftel_v1_GetNodeRequest__Output>
      GetOverviewRequest: MessageTypeDefinition<_raftel_v1_GetOverviewRequest, _raftel_v1_GetOverviewRequest__Output>
      GetPlanRequest: MessageTypeDefinition<_raftel_v1_GetPlanRequest, _raftel_v1_GetPlanRequest__Output>
      GetTrunkRequest: MessageTypeDefinition<_raftel_v1_GetTrunkRequest, _raftel_v1_GetTrunkRequest__Output>
      Grant: MessageTypeDefinition<_raftel_v1_Grant, _raftel_v1_Grant__Output>
      Guard: MessageTypeDefinition<_raftel_v1_Guard, _raftel_v1_Guard__Output>
      HangUpCallReply: MessageTypeDefinition<_raftel_v1_HangUpCallReply, _raftel_v1_HangUpCallReply__Output>
      HangUpCallRequest: MessageTypeDefinition<_raftel_v1_HangUpCallRequest, _raftel_v1_HangUpCallRequest__Output>
      Health: MessageTypeDefinition<_raftel_v1_Health, _raftel_v1_Health__Output>
      ImportReport: MessageTypeDefinition<_raftel_v1_ImportReport, _raftel_v1_ImportReport__Output>
      ImportUser: MessageTypeDefinition<_raftel_v1_ImportUser, _raftel_v1_ImportUser__Output>
      ImportUsersReply: MessageTypeDefinition<_raftel_v1_ImportUsersReply, _raftel_v1_ImportUsersReply__Output>
      ImportUsersRequest: MessageTypeDefinition<_raftel_v1_ImportUsersRequest, _raftel_v1_ImportUsersRequest__Output>
      Leg: MessageTypeDefinition<_raftel_v1_Leg, _raftel_v1_Leg__Output>
      Limit: MessageTypeDefinition<_raftel_v1_Limit, _raftel_v1_Limit__Output>
      LimitKey: MessageTypeDefinition<_raftel_v1_LimitKey, _raftel_v1_LimitKey__Output>
      LimitPage: MessageTypeDefinition<_raftel_v1_LimitPage, _raftel_v1_LimitPage__Output>
      LineError: MessageTypeDefinition<_raftel_v1_LineError, _raftel_v1_LineError__Output>
      ListAuditRequest: MessageTypeDefinition<_raftel_v1_ListAuditRequest, _raftel_v1_ListAuditRequest__Output>
      ListCdrsRequest: MessageTypeDefinition<_raftel_v1_ListCdrsRequest, _raftel_v1_ListCdrsRequest__Output>
      ListCommitsRequest: MessageTypeDefinition<_raftel_v1_ListCommitsRequest, _raftel_v1_ListCommitsRequest__Output>
      ListPlansRequest: MessageTypeDefinition<_raftel_v1_ListPlansRequest, _raftel_v1_ListPlansRequest__Output>
      ListRatesRequest: MessageTypeDefinition<_raftel_v1_ListRatesRequest, _raftel_v1_ListRatesRequest__Output>
      ListRequest: MessageTypeDefinition<_raftel_v1_ListRequest, _raftel_v1_ListRequest__Output>
      Mark: MessageTypeDefinition<_raftel_v1_Mark, _raftel_v1_Mark__Output>
      MediaQuality: MessageTypeDefinition<_raftel_v1_MediaQuality, _raftel_v1_MediaQuality__Output>
      MediaStream: MessageTypeDefinition<_raftel_v1_MediaStream, _raftel_v1_MediaStream__Output>
      Member: MessageTypeDefinition<_raftel_v1_Member, _raftel_v1_Member__Output>
      Members: MessageTypeDefinition<_raftel_v1_Members, _raftel_v1_Members__Output>
      NodeStatus: MessageTypeDefinition<_raftel_v1_NodeStatus, _raftel_v1_NodeStatus__Output>
      NodeVerdict: MessageTypeDefinition<_raftel_v1_NodeVerdict, _raftel_v1_NodeVerdict__Output>
      Operator: MessageTypeDefinition<_raftel_v1_Operator, _raftel_v1_Operator__Output>
      OperatorName: MessageTypeDefinition<_raftel_v1_OperatorName, _raftel_v1_OperatorName__Output>
      OperatorPage: MessageTypeDefinition<_raftel_v1_OperatorPage, _raftel_v1_OperatorPage__Output>
      OperatorToken: MessageTypeDefinition<_raftel_v1_OperatorToken, _raftel_v1_OperatorToken__Output>
      Overview: MessageTypeDefinition<_raftel_v1_Overview, _raftel_v1_Overview__Output>
      PauseSinkRequest: MessageTypeDefinition<_raftel_v1_PauseSinkRequest, _raftel_v1_PauseSinkRequest__Output>
      Plan: MessageTypeDefinition<_raftel_v1_Plan, _raftel_v1_Plan__Output>
      PlanChanged: MessageTypeDefinition<_raftel_v1_PlanChanged, _raftel_v1_PlanChanged__Output>
      PlanList: MessageTypeDefinition<_raftel_v1_PlanList, _raftel_v1_PlanList__Output>
      PlanVerdict: MessageTypeDefinition<_raftel_v1_PlanVerdict, _raftel_v1_PlanVerdict__Output>
      Price: MessageTypeDefinition<_raftel_v1_Price, _raftel_v1_Price__Output>
      PriceRequest: MessageTypeDefinition<_raftel_v1_PriceRequest, _raftel_v1_PriceRequest__Output>
      Profile: MessageTypeDefinition<_raftel_v1_Profile, _raftel_v1_Profile__Output>
      ProfilePage: MessageTypeDefinition<_raftel_v1_ProfilePage, _raftel_v1_ProfilePage__Output>
      PromoteMemberRequest: MessageTypeDefinition<_raftel_v1_PromoteMemberRequest, _raftel_v1_PromoteMemberRequest__Output>
      PutOperatorRequest: MessageTypeDefinition<_raftel_v1_PutOperatorRequest, _raftel_v1_PutOperatorRequest__Output>
      PutTenantRequest: MessageTypeDefinition<_raftel_v1_PutTenantRequest, _raftel_v1_PutTenantRequest__Output>
      PutTrunkRequest: MessageTypeDefinition<_raftel_v1_PutTrunkRequest, _raftel_v1_PutTrunkRequest__Output>
      RatePage: MessageTypeDefinition<_raftel_v1_RatePage, _raftel_v1_RatePage__Output>
      RateRow: MessageTypeDefinition<_raftel_v1_RateRow, _raftel_v1_RateRow__Output>
      RatesHead: MessageTypeDefinition<_raftel_v1_RatesHead, _raftel_v1_RatesHead__Output>
      RatesPart: MessageTypeDefinition<_raftel_v1_RatesPart, _raftel_v1_RatesPart__Output>
      RecentDecisionsRequest: MessageTypeDefinition<_raftel_v1_RecentDecisionsRequest, _raftel_v1_RecentDecisionsRequest__Output>
      RefusedCdr: MessageTypeDefinition<_raftel_v1_RefusedCdr, _raftel_v1_RefusedCdr__Output>
      Registration: MessageTypeDefinition<_raftel_v1_Registration, _raftel_v1_Registration__Output>
      RegistrationPage: MessageTypeDefinition<_raftel_v1_RegistrationPage, _raftel_v1_RegistrationPage__Output>
      RemoveBanRequest: MessageTypeDefinition<_raftel_v1_RemoveBanRequest, _raftel_v1_RemoveBanRequest__Output>
      RemoveMemberRequest: MessageTypeDefinition<_raftel_v1_RemoveMemberRequest, _raftel_v1_RemoveMemberRequest__Output>
      RemovePlanRequest: MessageTypeDefinition<_raftel_v1_RemovePlanRequest, _raftel_v1_RemovePlanRequest__Output>
      RemoveSinkRequest: MessageTypeDefinition<_raftel_v1_RemoveSinkRequest, _raftel_v1_RemoveSinkRequest__Output>
      RemoveTrunkRequest: MessageTypeDefinition<_raftel_v1_RemoveTrunkRequest, _raftel_v1_RemoveTrunkRequest__Output>
      Replay: MessageTypeDefinition<_raftel_v1_Replay, _raftel_v1_Replay__Output>
      ReplayChange: MessageTypeDefinition<_raftel_v1_ReplayChange, _raftel_v1_ReplayChange__Output>
      ReplayPlanRequest: MessageTypeDefinition<_raftel_v1_ReplayPlanRequest, _raftel_v1_ReplayPlanRequest__Output>
      ReplaySums: MessageTypeDefinition<_raftel_v1_ReplaySums, _raftel_v1_ReplaySums__Output>
      RollbackPlanRequest: MessageTypeDefinition<_raftel_v1_RollbackPlanRequest, _raftel_v1_RollbackPlanRequest__Output>
      RouteDecision: MessageTypeDefinition<_raftel_v1_RouteDecision, _raftel_v1_RouteDecision__Output>
      RouteExplanation: MessageTypeDefinition<_raftel_v1_RouteExplanation, _raftel_v1_RouteExplanation__Output>
      SaveSnapshotRequest: MessageTypeDefinition<_raftel_v1_SaveSnapshotRequest, _raftel_v1_SaveSnapshotRequest__Output>
      SetProfileRequest: MessageTypeDefinition<_raftel_v1_SetProfileRequest, _raftel_v1_SetProfileRequest__Output>
      Silence: MessageTypeDefinition<_raftel_v1_Silence, _raftel_v1_Silence__Output>
      Sink: MessageTypeDefinition<_raftel_v1_Sink, _raftel_v1_Sink__Output>
      SinkPage: MessageTypeDefinition<_raftel_v1_SinkPage, _raftel_v1_SinkPage__Output>
      SnapshotBytes: MessageTypeDefinition<_raftel_v1_SnapshotBytes, _raftel_v1_SnapshotBytes__Output>
      StateHash: MessageTypeDefinition<_raftel_v1_StateHash, _raftel_v1_StateHash__Output>
      StateHashes: MessageTypeDefinition<_raftel_v1_StateHashes, _raftel_v1_StateHashes__Output>
      Tenant: MessageTypeDefinition<_raftel_v1_Tenant, _raftel_v1_Tenant__Output>
      TenantName: MessageTypeDefinition<_raftel_v1_TenantName, _raftel_v1_TenantName__Output>
      TenantPage: MessageTypeDefinition<_raftel_v1_TenantPage, _raftel_v1_TenantPage__Output>
      TestPlanRequest: MessageTypeDefinition<_raftel_v1_TestPlanRequest, _raftel_v1_TestPlanRequest__Output>
      TestResult: MessageTypeDefinition<_raftel_v1_TestResult, _raftel_v1_TestResult__Output>
      TestResults: MessageTypeDefinition<_raftel_v1_TestResults, _raftel_v1_TestResults__Output>
      TraceCallRequest: MessageTypeDefinition<_raftel_v1_TraceCallRequest, _raftel_v1_TraceCallRequest__Output>
      Traced: MessageTypeDefinition<_raftel_v1_Traced, _raftel_v1_Traced__Output>
      TracedMessage: MessageTypeDefinition<_raftel_v1_TracedMessage, _raftel_v1_TracedMessage__Output>
      TracedNode: MessageTypeDefinition<_raftel_v1_TracedNode, _raftel_v1_TracedNode__Output>
      TransferLeaderReply: MessageTypeDefinition<_raftel_v1_TransferLeaderReply, _raftel_v1_TransferLeaderReply__Output>
      TransferLeaderRequest: MessageTypeDefinition<_raftel_v1_TransferLeaderRequest, _raftel_v1_TransferLeaderRequest__Output>
      Trunk: MessageTypeDefinition<_raftel_v1_Trunk, _raftel_v1_Trunk__Output>
      TrunkPage: MessageTypeDefinition<_raftel_v1_TrunkPage, _raftel_v1_TrunkPage__Output>
      TrunkView: MessageTypeDefinition<_raftel_v1_TrunkView, _raftel_v1_TrunkView__Output>
      User: MessageTypeDefinition<_raftel_v1_User, _raftel_v1_User__Output>
      UserDetail: MessageTypeDefinition<_raftel_v1_UserDetail, _raftel_v1_UserDetail__Output>
      UserName: MessageTypeDefinition<_raftel_v1_UserName, _raftel_v1_UserName__Output>
      UserPage: MessageTypeDefinition<_raftel_v1_UserPage, _raftel_v1_UserPage__Output>
      ValidatePlanRequest: MessageTypeDefinition<_raftel_v1_ValidatePlanRequest, _raftel_v1_ValidatePlanRequest__Output>
      VerifyClusterRequest: MessageTypeDefinition<_raftel_v1_VerifyClusterRequest, _raftel_v1_VerifyClusterRequest__Output>
      WatchRequest: MessageTypeDefinition<_raftel_v1_WatchRequest, _raftel_v1_WatchRequest__Output>
    }
  }
}

