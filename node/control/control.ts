/**
 * The control service: what the command line, the TUI and scripts ask of a node. Any node answers for the whole
 * cluster; one file per noun has the answers, this one opens the door.
 */
import {
  type CallOptions,
  type ChannelCredentials,
  credentials,
  type Metadata,
  Server,
  type ServerUnaryCall,
} from '@grpc/grpc-js'
import type { MemberRequest } from '../../cluster/cluster.ts'
import { openDoor, readTls } from '../../cluster/door.ts'
import { controlProto } from '../../proto/load.ts'
import type { ControlClient, ControlHandlers } from '../../proto/types/raftel/v1/Control.ts'
import type { Members, Members__Output } from '../../proto/types/raftel/v1/Members.ts'
import { listAudit } from './audit.ts'
import { addBan, listBans, removeBan } from './bans.ts'
import { type Anonymous, watchCallers } from './callers.ts'
import { getCall, hangUp, listCalls } from './calls.ts'
import { getCdr, listCdrs } from './cdrs.ts'
import { getPlan, listCommits, listPlans } from './commits.ts'
import { addCredit, getCredit, listCredit } from './credit.ts'
import { keepJournal } from './events.ts'
import { explainCall } from './explain.ts'
import { health } from './health.ts'
import { importUsers } from './import.ts'
import { getLimit, listLimits, removeLimit, setLimit } from './limits.ts'
import { CHANGE_MAX_MS, changeMembers, joinOf } from './members.ts'
import type { Needs } from './needs.ts'
import { listOperators, putOperator, removeOperator, rotateOperator } from './operators.ts'
import { type Done, FORWARDED, openPeers } from './peers.ts'
import { type Asked, commitPlan, removePlan, rollbackPlan } from './plan.ts'
import { getUser, listProfiles, removeUser, setProfile } from './profiles.ts'
import { getPrice, importRates, listDecks, listRates, removeDeck } from './rates.ts'
import { caughtUp, timeToAgree, unary } from './refusal.ts'
import { listRegistrations } from './registrations.ts'
import { recentDecisions, replayPlan } from './replay.ts'
import { explainRoute } from './route.ts'
import { addSink, listSinks, pauseSink, removeSink } from './sinks.ts'
import { saveSnapshot } from './snapshot.ts'
import { clusterStatus, nodeStatus, overview } from './status.ts'
import { listTenants, putTenant, removeTenant } from './tenants.ts'
import { traceCall } from './trace.ts'
import { transferLeader } from './transfer.ts'
import { getTrunk, listTrunks, putTrunk, removeTrunk } from './trunks.ts'
import { addUser, listUsers } from './users.ts'
import { testPlan, validatePlan } from './validate.ts'
import { hashesOf, verify } from './verify.ts'
import { watch } from './watch.ts'

export interface ControlOptions extends Needs {
  readonly listen: { readonly host: string; readonly port: number }
  /** Paths of PEM files; clients must have a certificate of the same authority. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string } | null
  /** See callers.ts. */
  readonly anonymous?: Anonymous | null
}

export interface Control {
  /** `host:port` as it listens. */
  readonly address: string
  /** Ends the streams; answers that are under way get a second. */
  close(): Promise<void>
}

const MESSAGE_MAX = 4 * 1024 * 1024
const CLOSE_MS = 1000

/** Rejects with the system's error when the listener cannot be had. */
export async function startControl(given: ControlOptions): Promise<Control> {
  const { listen, tls, log, key } = given
  const callers = watchCallers({
    cluster: given.cluster,
    key,
    log,
    tls: tls !== null,
    anonymous: given.anonymous ?? null,
  })
  const { cluster } = callers
  const options: ControlOptions = { ...given, cluster }
  const { Control } = controlProto()
  const secrets = tls && readTls(tls)
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_MAX,
    'grpc.max_send_message_length': 4 * MESSAGE_MAX,
    'grpc.max_concurrent_streams': 256,
    'grpc.max_connection_idle_ms': 10 * 60_000,
    'grpc.keepalive_time_ms': 60_000,
  })
  const door = await openDoor({ server, listen, tls: secrets, who: 'everyone', log })
  const address = bracketed({ host: listen.host, port: door.port })
  const asClient: ChannelCredentials = secrets
    ? credentials.createSsl(secrets.ca, secrets.key, secrets.cert)
    : credentials.createInsecure()
  const peers = openPeers(cluster, asClient, callers.introduce)
  const journal = keepJournal(options, Date.now)
  const forwarded = <Request, Reply>(call: ServerUnaryCall<Request, Reply>) => call.metadata.get(FORWARDED).length > 0

  /** An answer from the tables: at once, or when they have caught up. */
  const fromTables = <Request extends { linearizable: boolean }, Reply>(answer: (request: Request) => Reply) =>
    unary<Request, Reply>(log, async (request, call) => {
      if (request.linearizable) caughtUp(await cluster.catchUp(timeToAgree(call.getDeadline(), Date.now())))
      return answer(request)
    })

  /** A change of the members; `method` is the same of another node. */
  const change = <Request>(
    read: (request: Request) => MemberRequest,
    method: (
      client: ControlClient,
    ) => (request: Request, metadata: Metadata, options: CallOptions, done: Done<Members__Output>) => unknown,
  ) =>
    unary<Request, Members>(log, (said, call) =>
      changeMembers(options, peers, {
        request: read(said),
        within: timeToAgree(call.getDeadline(), Date.now(), CHANGE_MAX_MS),
        forwarded: forwarded(call),
        pass: (client, metadata, within, done) => method(client)(said, metadata, within, done),
      }),
    )

  const handlers: ControlHandlers = {
    GetNode: unary(log, () => nodeStatus(options, address)),
    GetCluster: unary(log, () => clusterStatus(options, peers, address)),
    TransferLeader: unary(log, ({ node }, call) => {
      const within = timeToAgree(call.getDeadline(), Date.now())
      return transferLeader(options, peers, node, within, forwarded(call))
    }),
    AddMember: change(
      (request) => joinOf(options, request),
      (client) => client.addMember.bind(client),
    ),
    PromoteMember: change(
      ({ node }) => ({ kind: 'promote', node }),
      (client) => client.promoteMember.bind(client),
    ),
    RemoveMember: change(
      ({ node }) => ({ kind: 'remove', node }),
      (client) => client.removeMember.bind(client),
    ),
    VerifyCluster: unary(log, (_, call) => verify(options, peers, timeToAgree(call.getDeadline(), Date.now()))),
    SaveSnapshot: saveSnapshot(options),
    GetHashes: unary(log, () => hashesOf(options)),
    GetOverview: unary(log, () => overview(options, journal.counters)),
    GetHealth: unary(log, () => health(options)),
    AddUser: unary(log, (request, call) => addUser(options, request, timeToAgree(call.getDeadline(), Date.now()))),
    ListUsers: fromTables((request) => listUsers(options, request)),
    GetUser: unary(log, ({ aor }) => getUser(options, aor)),
    RemoveUser: unary(log, ({ aor }, call) => removeUser(options, aor, withinOf(call))),
    SetProfile: unary(log, (request, call) => setProfile(options, request, withinOf(call))),
    GetProfiles: fromTables((request) => listProfiles(options, request)),
    ImportUsers: unary(log, (request, call) => importUsers(options, request, withinOf(call))),
    ListTenants: fromTables((request) => listTenants(options, request)),
    PutTenant: unary(log, (request, call) => putTenant(options, request, withinOf(call))),
    RemoveTenant: unary(log, ({ name }, call) => removeTenant(options, name, withinOf(call))),
    ListOperators: fromTables((request) => listOperators(options, request)),
    PutOperator: unary(log, (request, call) => putOperator(options, request, withinOf(call))),
    RotateOperator: unary(log, ({ name }, call) => rotateOperator(options, name, withinOf(call))),
    RemoveOperator: unary(log, ({ name }, call) => removeOperator(options, name, withinOf(call))),
    ListAudit: fromTables((request) => listAudit(options, request)),
    AddBan: unary(log, (request, call) => addBan(options, request, timeToAgree(call.getDeadline(), Date.now()))),
    RemoveBan: unary(log, ({ source }, call) =>
      removeBan(options, source, timeToAgree(call.getDeadline(), Date.now())),
    ),
    ListBans: fromTables((request) => listBans(options, request)),
    PutTrunk: unary(log, (request, call) => putTrunk(options, request, timeToAgree(call.getDeadline(), Date.now()))),
    RemoveTrunk: unary(log, ({ name }, call) =>
      removeTrunk(options, name, timeToAgree(call.getDeadline(), Date.now())),
    ),
    GetTrunk: fromTables(({ name }) => getTrunk(options, name)),
    ListTrunks: fromTables((request) => listTrunks(options, request)),
    SetLimit: unary(log, (request, call) => setLimit(options, request, timeToAgree(call.getDeadline(), Date.now()))),
    RemoveLimit: unary(log, ({ key }, call) => removeLimit(options, key, timeToAgree(call.getDeadline(), Date.now()))),
    GetLimit: unary(log, ({ key }) => getLimit(options, key)),
    ListLimits: fromTables((request) => listLimits(options, request)),
    AddCredit: unary(log, (request, call) => {
      const now = Date.now()
      return addCredit(options, request, now, timeToAgree(call.getDeadline(), now))
    }),
    GetCredit: unary(log, ({ account }) => getCredit(options, account)),
    ListCredit: fromTables((request) => listCredit(options, request)),
    ImportRates: importRates(options),
    ListDecks: fromTables((request) => listDecks(options, request)),
    ListRates: unary(log, (request) => listRates(options, request)),
    GetPrice: unary(log, (request) => getPrice(options, request, Date.now())),
    RemoveDeck: unary(log, ({ name }, call) => removeDeck(options, name, timeToAgree(call.getDeadline(), Date.now()))),
    CommitPlan: unary(log, (request, call) => commitPlan(options, request, askedIn(call))),
    RollbackPlan: unary(log, (request, call) => rollbackPlan(options, request, askedIn(call))),
    RemovePlan: unary(log, (request, call) => removePlan(options, request, askedIn(call))),
    ValidatePlan: unary(log, (request) => validatePlan(options, request, Date.now())),
    TestPlan: unary(log, (request) => testPlan(options, request, Date.now())),
    ReplayPlan: replayPlan(options, peers, Date.now),
    RecentDecisions: recentDecisions(options),
    ExplainRoute: unary(log, (request) => explainRoute(options, request, Date.now())),
    GetPlan: fromTables((request) => getPlan(cluster.tables, request)),
    ListPlans: fromTables(({ tenant }) => listPlans(cluster.tables, tenant)),
    ListCommits: fromTables((request) => listCommits(cluster.tables, request)),
    ListRegistrations: fromTables((request) => listRegistrations(options, request)),
    ListCalls: fromTables((request) => listCalls(options, request)),
    GetCall: unary(log, ({ id }, call) => getCall(options, peers, id, forwarded(call))),
    HangUpCall: unary(log, ({ id }, call) => hangUp(options, peers, id, forwarded(call))),
    ListCdrs: fromTables((request) => listCdrs(options, request)),
    GetCdr: unary(log, ({ id }) => getCdr(options, id)),
    AddSink: unary(log, (request, call) => addSink(options, request, timeToAgree(call.getDeadline(), Date.now()))),
    ListSinks: fromTables((request) => listSinks(options, request)),
    RemoveSink: unary(log, ({ name }, call) => removeSink(options, name, timeToAgree(call.getDeadline(), Date.now()))),
    PauseSink: unary(log, (request, call) => pauseSink(options, request, timeToAgree(call.getDeadline(), Date.now()))),
    ExplainCall: unary(log, ({ id }, call) => explainCall(options, peers, id, forwarded(call))),
    TraceCall: traceCall(options, peers),
    Watch: watch(options),
    Events: journal.events,
  }
  server.addService(Control.service, callers.guarded(handlers, Control.service))

  return {
    address,
    async close() {
      door.close()
      journal.close()
      peers.close()
      // Watch and Events never end by themselves.
      const force = setTimeout(() => server.forceShutdown(), CLOSE_MS)
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
      clearTimeout(force)
    },
  }
}

function withinOf(call: { getDeadline(): Date | number }): number {
  return timeToAgree(call.getDeadline(), Date.now())
}

function askedIn(call: ServerUnaryCall<unknown, unknown>): Asked {
  const now = Date.now()
  return { now, within: timeToAgree(call.getDeadline(), now), from: call.getPeer() }
}

function bracketed({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
