interface Definition {
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly labels: readonly string[];
}

/**
 * Every metric there is. Names follow Prometheus' rules, which `promtool check metrics` enforces: counters end in
 * `_total`, nothing else does; base units (seconds, bytes); snake case.
 */
export const METRICS = {
  tillgate_build_info: { type: "gauge", help: "Always 1; the version is in the label.", labels: ["version"] },
  tillgate_process_start_time_seconds: {
    type: "gauge",
    help: "When the daemon started, in seconds since 1970.",
    labels: [],
  },
  tillgate_process_resident_memory_bytes: { type: "gauge", help: "Resident memory of the daemon.", labels: [] },
  tillgate_process_cpu_seconds_total: {
    type: "counter",
    help: "Processor time that the daemon used, user and system.",
    labels: [],
  },
  tillgate_event_loop_busy_seconds_total: {
    type: "counter",
    help: "Time in which the main thread's event loop was busy; its rate is the loop's utilisation.",
    labels: [],
  },
  tillgate_health_status: {
    type: "gauge",
    help: "Health of a part: 0 pass, 1 unknown, 2 warn, 3 fail. The whole gateway has the check `gateway`.",
    labels: ["check"],
  },
  tillgate_terminal_connections: { type: "gauge", help: "Open connections of a terminal.", labels: ["terminal"] },
  tillgate_terminal_unresolved_transactions: {
    type: "gauge",
    help: "Transactions of a terminal whose money may have moved on one side only.",
    labels: ["terminal"],
  },
  tillgate_terminal_last_seen_timestamp_seconds: {
    type: "gauge",
    help: "When a terminal was last seen, in seconds since 1970.",
    labels: ["terminal"],
  },
  tillgate_driver_events_total: {
    type: "counter",
    help: "What a driver counted since start, by event.",
    labels: ["driver", "event"],
  },
  tillgate_terminal_state: {
    type: "gauge",
    help: "1 for the state that a terminal is in which tillgate drives.",
    labels: ["terminal", "state"],
  },
  tillgate_uplink_events_total: {
    type: "counter",
    help: "What the line to headquarters counted since start, by event.",
    labels: ["event"],
  },
  tillgate_uplink_connected: {
    type: "gauge",
    help: "1 while the broker is connected and answers, else 0.",
    labels: [],
  },
  tillgate_uplink_identity_shared: {
    type: "gauge",
    help: "1 while another gateway uses this one's identity at the broker, else 0.",
    labels: [],
  },
  tillgate_uplink_echo_seconds: {
    type: "gauge",
    help: "Time of the newest message to itself by way of the broker; absent without a session or where access rules forbid it.",
    labels: [],
  },
  tillgate_route_in_use: {
    type: "gauge",
    help: "1 for the way out of the shop that new connections take, else 0; for is uplink or acquirer:NAME.",
    labels: ["for", "route"],
  },
  tillgate_route_changes_total: {
    type: "counter",
    help: "How often traffic went over to another way out of the shop; for is uplink or acquirer:NAME.",
    labels: ["for"],
  },
  tillgate_link_fault: {
    type: "gauge",
    help: "1 for what is wrong on the way out of the shop, and of whom; absent while nothing is.",
    labels: ["fault", "subject"],
  },
  tillgate_link_stage_state: {
    type: "gauge",
    help: "1 for the state that a stage of the way out of the shop is in.",
    labels: ["stage", "subject", "route", "state"],
  },
  tillgate_link_round_trip_seconds: {
    type: "gauge",
    help: "Middle round trip at a stage over the last 5 minutes.",
    labels: ["stage", "subject", "route"],
  },
  tillgate_link_loss_ratio: {
    type: "gauge",
    help: "Share of the looks at a stage that were lost over the last 5 minutes.",
    labels: ["stage", "subject", "route"],
  },
  tillgate_uplink_unconfirmed_records: {
    type: "gauge",
    help: "Records in the ledger that headquarters has not confirmed.",
    labels: [],
  },
  tillgate_uplink_drain_records_per_second: {
    type: "gauge",
    help: "Records that headquarters confirmed a second, over the last half minute.",
    labels: [],
  },
  tillgate_uplink_drain_eta_seconds: {
    type: "gauge",
    help: "Until headquarters has everything, at the present speed; absent while that cannot be said.",
    labels: [],
  },
  tillgate_parked_records: {
    type: "gauge",
    help: "Records that the broker cannot be given.",
    labels: [],
  },
  tillgate_ledger_head_seq: { type: "gauge", help: "Seq of the ledger's newest record.", labels: [] },
  tillgate_ledger_appends_total: { type: "counter", help: "Records made durable since start.", labels: [] },
  tillgate_backup_age_seconds: {
    type: "gauge",
    help: "Age of the newest backup of the ledger; absent while no clock tells.",
    labels: [],
  },
  tillgate_records_held: {
    type: "gauge",
    help: "Records that the disk refused and that wait for it in memory.",
    labels: [],
  },
  tillgate_records_not_recorded_total: {
    type: "counter",
    help: "Records given up since start, because the disk refused them and memory could not hold them.",
    labels: [],
  },
  tillgate_store_bytes: { type: "gauge", help: "Size of the store's files, without the reserve.", labels: [] },
  tillgate_store_free_bytes: { type: "gauge", help: "Bytes that the store's file system has left.", labels: [] },
  tillgate_store_quota_ratio: {
    type: "gauge",
    help: "Share of store.quotaMb that the ledger's records take.",
    labels: [],
  },
  tillgate_store_written_bytes_per_day: {
    type: "gauge",
    help: "Bytes that the daemon caused to be written to disk in its last 24 hours of running.",
    labels: [],
  },
  tillgate_exposure_items: {
    type: "gauge",
    help: "Money at risk: transactions of a terminal; batches with the measure unbalanced, records with parked.",
    labels: ["measure", "terminal", "currency"],
  },
  tillgate_exposure_amount_minor: {
    type: "gauge",
    help: "Money at risk in minor units: debit the shop is to get, credit customers are to get back, hold is reserved.",
    labels: ["measure", "terminal", "currency", "side"],
  },
  tillgate_exposure_oldest_seconds: {
    type: "gauge",
    help: "Since when the oldest has been at risk; a lower bound while the clock is not set.",
    labels: ["measure"],
  },
  tillgate_certificate_left_seconds: {
    type: "gauge",
    help: "Time until a certificate ends, ours or a peer's, negative afterwards, by its use; absent while the clock is not believed.",
    labels: ["use"],
  },
  tillgate_clock_synchronised: {
    type: "gauge",
    help: "1 when the wall clock is known to be synchronised, else 0.",
    labels: [],
  },
} as const satisfies Readonly<Record<`tillgate_${string}`, Definition>>;

export type MetricName = keyof typeof METRICS;

type Labels<Name extends MetricName> = (typeof METRICS)[Name]["labels"][number];

/** One figure, with a value for every label that the catalogue gives to its name. */
export type MetricReading = {
  readonly [Name in MetricName]: {
    readonly name: Name;
    readonly value: number;
  } & ([Labels<Name>] extends [never]
    ? { readonly labels?: never }
    : { readonly labels: Readonly<Record<Labels<Name>, string>> });
}[MetricName];
