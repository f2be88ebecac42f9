/**
 * The one Raft group there is today. Its number stands in every key of the database and in every frame between nodes, so that
 * registrations can be spread over several groups without another format. ◆
 */
export const GROUP = 1
