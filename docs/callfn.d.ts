// What a callfn function gets and returns. Made from the service's own tables and schemas: do not edit.
//
// A function's source is the body of a function of type callfn.Function. A file like this can be stored as it is:
//
//   // @ts-check
//   /// <reference path="callfn.d.ts" />
//   /** @type {callfn.Function} */
//   const thanks = function (call) {
//     return {module: 'tts', data: {text: 'Thanks for calling us ' + call['Caller-ID-Name']}};
//   };
//   // @ts-ignore: callfn runs this file as the body of a function
//   return thanks(call);
//
// For a file with the body alone, call is declared at the end.
//
// A jsconfig.json beside it (docs/jsconfig.json, GET /v2/functions/jsconfig.json) has the editor underline parameters
// that a call may not have, and what functions do not have: fetch, setTimeout, process.
//
// Date is in the account's time zone. toLocaleString and Intl know the common locales and options; what they do not
// know they throw (docs/dates.md). A rehearsal's Date begins at its moment.

declare namespace callfn {
  /**
   * The body gets the call's parameters and returns the call's next flow; without one, the callflow goes on behind it.
   */
  type Function = (call: Call) => Flow | null | undefined | void;

  /** What is known of the call. Every value is text; what the call has no value for is absent. */
  interface Call {
    /** Account the call belongs to */
    readonly 'Account-ID': string;
    /** Version of this vocabulary */
    readonly 'Api-Version': string;
    /** Id of the call */
    readonly 'Call-ID': string;
    /** State of the call, where a flow has set one */
    readonly 'Call-Status'?: string;
    /** Name the caller shows */
    readonly 'Caller-ID-Name': string;
    /** Number the caller shows */
    readonly 'Caller-ID-Number': string;
    /** Application variable NAME of the call */
    readonly [name: `Custom-Application-Vars[${string}]`]: string | undefined;
    /** SIP header NAME of the call */
    readonly [name: `Custom-SIP-Headers[${string}]`]: string | undefined;
    /** Last digits the caller pressed */
    readonly 'Digits'?: string;
    /** Digits collected under NAME by collect_dtmf */
    readonly [name: `Digits[${string}]`]: string | undefined;
    /** Always inbound */
    readonly 'Direction': string;
    /** Who calls, before the @ */
    readonly 'From': string;
    /** Who calls, after the @ */
    readonly 'From-Realm': string;
    /** Language of the call */
    readonly 'Language': string;
    /** Length of the last recording, in seconds */
    readonly 'Recording-Duration'?: string;
    /** Id of the last recording */
    readonly 'Recording-ID'?: string;
    /** Where the last recording is */
    readonly 'Recording-Url'?: string;
    /** What was dialled, before the @ */
    readonly 'Request': string;
    /** What was dialled, after the @ */
    readonly 'Request-Realm': string;
    /** Whom the call is for, before the @ */
    readonly 'To': string;
    /** Whom the call is for, after the @ */
    readonly 'To-Realm': string;
    /** Id of the last transcription */
    readonly 'Transcription-ID'?: string;
    /** State of the last transcription */
    readonly 'Transcription-Status'?: string;
    /** Text of the last transcription */
    readonly 'Transcription-Text'?: string;
    /** Where the last transcription is */
    readonly 'Transcription-Url'?: string;
    /** User whose device calls, where it is one of the account's */
    readonly 'User-ID'?: string;
    /** Variables of the customer's own */
    readonly [name: string]: string | undefined;
  }

  /** Goes on at the child named like what came of the node, else at `_`. */
  interface Children { [key: string]: Flow }

  /** A node of a callflow: a module, its data, and where the call goes on behind it. */
  type Flow =
    | AcdcAgentNode
    | AcdcMemberNode
    | AcdcQueueNode
    | AcdcWaitTimeNode
    | AfterBridgeNode
    | AnswerNode
    | AudioMacroNode
    | BranchBnumberNode
    | BranchVariableNode
    | CallForwardNode
    | CallWaitingNode
    | CallflowNode
    | CampingFeatureNode
    | CheckCidNode
    | CidlistmatchNode
    | CollectDtmfNode
    | ConferenceNode
    | ConferenceFeatureNode
    | DeadAirNode
    | DeviceNode
    | DirectoryNode
    | DisaNode
    | DoNotDisturbNode
    | DynamicCidNode
    | EavesdropNode
    | EavesdropFeatureNode
    | EdrNode
    | FaxDetectNode
    | FaxboxNode
    | FlushDtmfNode
    | FunctionNode
    | GroupNode
    | GroupPickupNode
    | GroupPickupFeatureNode
    | HangupNode
    | HotdeskNode
    | InterceptNode
    | InterceptFeatureNode
    | IntercomNode
    | LanguageNode
    | LookupcidnameNode
    | ManualPresenceNode
    | MenuNode
    | MissedCallAlertNode
    | MoveNode
    | NomoroboNode
    | NoopNode
    | NotificationNode
    | OffnetNode
    | PageGroupNode
    | ParkNode
    | PivotNode
    | PlayNode
    | PrependCidNode
    | PrivacyNode
    | ReceiveFaxNode
    | RecordCallNode
    | RecordCallerNode
    | ResourcesNode
    | ResponseNode
    | RingGroupNode
    | RingGroupToggleNode
    | RouteToCidNode
    | SendDtmfNode
    | SetNode
    | SetAlertInfoNode
    | SetCidNode
    | SetVariableNode
    | SetVariablesNode
    | SkelNode
    | SleepNode
    | TemporalRouteNode
    | TransferNode
    | TtsNode
    | UserNode
    | VoicemailNode
    | WaitForHangupNode
    | WebhookNode
    ;

  /** Changes the state of the calling agent */
  interface AcdcAgentNode { module: 'acdc_agent'; data?: AcdcAgentData; children?: Children }

  /** Puts the caller into a queue */
  interface AcdcMemberNode { module: 'acdc_member'; data?: AcdcMemberData; children?: Children }

  /** Logs the calling agent into or out of one queue */
  interface AcdcQueueNode { module: 'acdc_queue'; data?: AcdcQueueData; children?: Children }

  /** Branches on a queue's average waiting time */
  interface AcdcWaitTimeNode { module: 'acdc_wait_time'; data?: AcdcWaitTimeData; children?: Children }

  /** Says what becomes of the caller once a bridge ends */
  interface AfterBridgeNode { module: 'after_bridge'; data?: AfterBridgeData; children?: Children }

  /** Answers the call and goes on */
  interface AnswerNode { module: 'answer'; data?: AnswerData; children?: Children }

  /** Plays a list of media, prompts, speech and tones in one go */
  interface AudioMacroNode { module: 'audio_macro'; data?: AudioMacroData; children?: Children }

  /** Goes on at the child named like the number's capture group */
  interface BranchBnumberNode { module: 'branch_bnumber'; data?: BranchBnumberData; children?: Children }

  /** Goes on at the child named like a variable's value */
  interface BranchVariableNode { module: 'branch_variable'; data?: BranchVariableData; children?: Children }

  /** Changes the caller's call forwarding */
  interface CallForwardNode { module: 'call_forward'; data?: CallForwardData; children?: Children }

  /** Switches call waiting */
  interface CallWaitingNode { module: 'call_waiting'; data?: CallWaitingData; children?: Children }

  /** Jumps to another stored callflow */
  interface CallflowNode { module: 'callflow'; data?: CallflowData; children?: Children }

  /** Lets the caller wait on a busy number from a feature code */
  interface CampingFeatureNode { module: 'camping_feature'; data?: CampingFeatureData; children?: Children }

  /** Branches on the caller's number */
  interface CheckCidNode { module: 'check_cid'; data?: CheckCidData; children?: Children }

  /** Branches on whether a list holds the caller's number */
  interface CidlistmatchNode { module: 'cidlistmatch'; data?: CidlistmatchData; children?: Children }

  /** Collects digits from the caller */
  interface CollectDtmfNode { module: 'collect_dtmf'; data?: CollectDtmfData; children?: Children }

  /** Puts the caller into a conference */
  interface ConferenceNode { module: 'conference'; data?: ConferenceData; children?: Children }

  /** Puts the caller into a conference from a feature code */
  interface ConferenceFeatureNode { module: 'conference_feature'; data?: ConferenceFeatureData; children?: Children }

  /** Answers the call and leaves it silent */
  interface DeadAirNode { module: 'dead_air'; data?: DeadAirData; children?: Children }

  /** Rings a device */
  interface DeviceNode { module: 'device'; data?: DeviceData; children?: Children }

  /** Lets the caller find a user by name */
  interface DirectoryNode { module: 'directory'; data?: DirectoryData; children?: Children }

  /** Gives the caller a dial tone inside the account */
  interface DisaNode { module: 'disa'; data?: DisaData; children?: Children }

  /** Switches do-not-disturb */
  interface DoNotDisturbNode { module: 'do_not_disturb'; data?: DoNotDisturbData; children?: Children }

  /** Lets the caller choose the caller id of the next call */
  interface DynamicCidNode { module: 'dynamic_cid'; data?: DynamicCidData; children?: Children }

  /** Listens in on a call */
  interface EavesdropNode { module: 'eavesdrop'; data?: EavesdropData; children?: Children }

  /** Listens in on the extension dialled after a feature code */
  interface EavesdropFeatureNode { module: 'eavesdrop_feature'; data?: EavesdropFeatureData; children?: Children }

  /** Writes an event record */
  interface EdrNode { module: 'edr'; data?: EdrData; children?: Children }

  /** Branches on whether a fax machine is calling */
  interface FaxDetectNode { module: 'fax_detect'; data?: FaxDetectData; children?: Children }

  /** Receives a fax into a fax box */
  interface FaxboxNode { module: 'faxbox'; data?: FaxboxData; children?: Children }

  /** Forgets collected digits */
  interface FlushDtmfNode { module: 'flush_dtmf'; data?: FlushDtmfData; children?: Children }

  /** Runs a stored function with the call's parameters and goes on with the flow it returns */
  interface FunctionNode { module: 'function'; data?: FunctionData; children?: Children }

  /** Rings the members of a group */
  interface GroupNode { module: 'group'; data?: GroupData; children?: Children }

  /** Takes over a call ringing elsewhere */
  interface GroupPickupNode { module: 'group_pickup'; data?: GroupPickupData; children?: Children }

  /** Takes over a call ringing elsewhere, from a feature code */
  interface GroupPickupFeatureNode { module: 'group_pickup_feature'; data?: GroupPickupFeatureData; children?: Children }

  /** Ends the call */
  interface HangupNode { module: 'hangup'; data?: HangupData; children?: Children }

  /** Logs a user into or out of the calling device */
  interface HotdeskNode { module: 'hotdesk'; data?: HotdeskData; children?: Children }

  /** Takes over a call that is ringing or connected */
  interface InterceptNode { module: 'intercept'; data?: InterceptData; children?: Children }

  /** Takes over a call, from a feature code */
  interface InterceptFeatureNode { module: 'intercept_feature'; data?: InterceptFeatureData; children?: Children }

  /** Calls the extension dialled after a feature code and has it answer by itself */
  interface IntercomNode { module: 'intercom'; data?: IntercomData; children?: Children }

  /** Sets the language of the call's prompts */
  interface LanguageNode { module: 'language'; data: LanguageData; children?: Children }

  /** Sets the caller's name from lists */
  interface LookupcidnameNode { module: 'lookupcidname'; data?: LookupcidnameData; children?: Children }

  /** Sets a presence lamp */
  interface ManualPresenceNode { module: 'manual_presence'; data: ManualPresenceData; children?: Children }

  /** Plays a menu and goes on at the child named like the digits */
  interface MenuNode { module: 'menu'; data?: MenuData; children?: Children }

  /** Tells somebody when the call is missed */
  interface MissedCallAlertNode { module: 'missed_call_alert'; data: MissedCallAlertData; children?: Children }

  /** Moves the caller's call to another of the user's devices */
  interface MoveNode { module: 'move'; data?: MoveData; children?: Children }

  /** Branches on a spam score of the caller's number */
  interface NomoroboNode { module: 'nomorobo'; data: NomoroboData; children?: Children }

  /** Waits until earlier commands are done and goes on */
  interface NoopNode { module: 'noop'; data?: NoopData; children?: Children }

  /** Sends a notification about the call */
  interface NotificationNode { module: 'notification'; data?: NotificationData; children?: Children }

  /** Calls out through the system's carriers */
  interface OffnetNode { module: 'offnet'; data?: OffnetData; children?: Children }

  /** Pages several devices at once */
  interface PageGroupNode { module: 'page_group'; data: PageGroupData; children?: Children }

  /** Parks the call or fetches a parked one */
  interface ParkNode { module: 'park'; data?: ParkData; children?: Children }

  /** Asks a web server what to do */
  interface PivotNode { module: 'pivot'; data: PivotData; children?: Children }

  /** Plays a stored media file */
  interface PlayNode { module: 'play'; data?: PlayData; children?: Children }

  /** Puts a prefix before the caller id */
  interface PrependCidNode { module: 'prepend_cid'; data?: PrependCidData; children?: Children }

  /** Hides the caller id */
  interface PrivacyNode { module: 'privacy'; data?: PrivacyData; children?: Children }

  /** Receives a fax for a user */
  interface ReceiveFaxNode { module: 'receive_fax'; data?: ReceiveFaxData; children?: Children }

  /** Starts or stops recording the call */
  interface RecordCallNode { module: 'record_call'; data?: RecordCallData; children?: Children }

  /** Records what the caller says */
  interface RecordCallerNode { module: 'record_caller'; data?: RecordCallerData; children?: Children }

  /** Calls out through the account's or the system's carriers */
  interface ResourcesNode { module: 'resources'; data?: ResourcesData; children?: Children }

  /** Refuses the call with a SIP response and ends the flow */
  interface ResponseNode { module: 'response'; data?: ResponseData; children?: Children }

  /** Rings several devices, users or groups */
  interface RingGroupNode { module: 'ring_group'; data: RingGroupData; children?: Children }

  /** Takes the caller's user into or out of a ring group */
  interface RingGroupToggleNode { module: 'ring_group_toggle'; data: RingGroupToggleData; children?: Children }

  /** Rings the endpoint that has the caller's number */
  interface RouteToCidNode { module: 'route_to_cid'; data?: RouteToCidData; children?: Children }

  /** Sends digits to the other end */
  interface SendDtmfNode { module: 'send_dtmf'; data: SendDtmfData; children?: Children }

  /** Sets values for agents' skills */
  interface SetNode { module: 'set'; data?: SetData; children?: Children }

  /** Sets the Alert-Info header, which chooses a phone's ringtone */
  interface SetAlertInfoNode { module: 'set_alert_info'; data: SetAlertInfoData; children?: Children }

  /** Replaces the caller id */
  interface SetCidNode { module: 'set_cid'; data?: SetCidData; children?: Children }

  /** Sets one variable on the call */
  interface SetVariableNode { module: 'set_variable'; data?: SetVariableData; children?: Children }

  /** Sets custom application variables on the call */
  interface SetVariablesNode { module: 'set_variables'; data?: SetVariablesData; children?: Children }

  /** Does nothing; a pattern for new modules */
  interface SkelNode { module: 'skel'; data?: SkelData; children?: Children }

  /** Waits, then goes on */
  interface SleepNode { module: 'sleep'; data?: SleepData; children?: Children }

  /** Goes on at the child of the time rule that applies */
  interface TemporalRouteNode { module: 'temporal_route'; data?: TemporalRouteData; children?: Children }

  /** Transfers the call */
  interface TransferNode { module: 'transfer'; data?: TransferData; children?: Children }

  /** Reads a text aloud */
  interface TtsNode { module: 'tts'; data: TtsData; children?: Children }

  /** Rings all devices of a user */
  interface UserNode { module: 'user'; data?: UserData; children?: Children }

  /** Takes a message, or plays messages to their owner */
  interface VoicemailNode { module: 'voicemail'; data?: VoicemailData; children?: Children }

  /** Does nothing until the call ends */
  interface WaitForHangupNode { module: 'wait_for_hangup'; data?: WaitForHangupData; children?: Children }

  /** Sends a webhook about the call */
  interface WebhookNode { module: 'webhook'; data?: WebhookData; children?: Children }

  /** Data of callflow module acdc_agent: changes the state of the calling agent */
  type AcdcAgentData = {
    /** What the agent does */
    action?: "login" | "logout" | "paused" | "resume";
    /** Presence id whose lamp shows the agent's state */
    presence_id?: string;
    /** State to show on that lamp */
    presence_state?: "early" | "confirmed" | "terminated" | "red_flash" | "red_solid" | "green";
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** How long a pause lasts, in seconds (whole) */
    timeout?: number;
  };

  /** Data of callflow module acdc_member: puts the caller into a queue */
  type AcdcMemberData = {
    /** Id of the queue */
    id?: string;
    /** Place among waiting callers: higher goes first (whole) */
    priority?: number;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module acdc_queue: logs the calling agent into or out of one queue */
  type AcdcQueueData = {
    /** Which of the two */
    action?: "login" | "logout";
    /** Id of the queue */
    id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module acdc_wait_time: branches on a queue's average waiting time */
  type AcdcWaitTimeData = {
    /** Id of the queue */
    id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** How far back to average, in seconds (whole) */
    window?: number;
  };

  /** Data of callflow module after_bridge: says what becomes of the caller once a bridge ends */
  type AfterBridgeData = {
    /** What to do */
    action?: "park" | "transfer" | "hangup";
    /** Argument of the action: a transfer target, or a switch */
    data?: (boolean | string);
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module answer: answers the call and goes on */
  type AnswerData = {
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module audio_macro: plays a list of media, prompts, speech and tones in one go */
  type AudioMacroData = {
    /** Language of the list, where an entry names none */
    language?: string;
    /** What to play, in order (at least 1 items; [] when absent) */
    macros?: Array<((PlayData & {
      macro?: "play";
    }) | (AudioMacroToneData & {
      macro?: "tone";
    }) | (AudioMacroPromptData & {
      macro?: "prompt";
    }) | (AudioMacroSayData & {
      macro?: "say";
    }) | (TtsData & {
      macro?: "tts";
    }))>;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Keys that cut the list short (["1","2","3","4","5","6","7","8","9","*","0","#"] when absent) */
    terminators?: Array<string>;
  };

  /** Data of callflow module branch_bnumber: goes on at the child named like the number's capture group */
  type BranchBnumberData = {
    /** Look the captured digits up as a number of their own (false when absent) */
    hunt?: boolean;
    /** Regular expression that digits must match to be looked up */
    hunt_allow?: string;
    /** Regular expression of digits never looked up */
    hunt_deny?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module branch_variable: goes on at the child named like a variable's value */
  type BranchVariableData = {
    /** Where to look for the variable ("custom_channel_vars" when absent) */
    scope?: "account" | "custom_channel_vars" | "device" | "merged" | "user";
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Name of the variable to look at ("" when absent) */
    variable?: string;
  };

  /** Data of callflow module call_forward: changes the caller's call forwarding */
  type CallForwardData = {
    /** What to do with it */
    action?: "activate" | "deactivate" | "update" | "toggle" | "menu";
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module call_waiting: switches call waiting */
  type CallWaitingData = {
    /** What to do with it ("toggle" when absent) */
    action?: "activate" | "deactivate" | "toggle";
    /** Whose call waiting ("device" when absent) */
    scope?: "device" | "user";
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module callflow: jumps to another stored callflow */
  type CallflowData = {
    /** Id of the callflow to go on with */
    id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module camping_feature: lets the caller wait on a busy number from a feature code */
  type CampingFeatureData = {
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module check_cid: branches on the caller's number */
  type CheckCidData = {
    /** Caller id to set when it matches */
    caller_id?: {
      /** Caller id for calls leaving the account */
      external?: {
        /** Name to show */
        name?: string;
        /** Number to show */
        number?: string;
      };
    };
    /** Regular expression that the number is held against (".*" when absent) */
    regex?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Branch on the number itself instead of match and nomatch (false when absent) */
    use_absolute_mode?: boolean;
    /** User that the call counts as when it matches */
    user_id?: string;
  };

  /** Data of callflow module cidlistmatch: branches on whether a list holds the caller's number */
  type CidlistmatchData = {
    /** Id of the list */
    id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module collect_dtmf: collects digits from the caller */
  type CollectDtmfData = {
    /** Name to keep the digits under */
    collection_name?: string;
    /** Longest pause between two digits, in milliseconds (at least 1; whole) */
    interdigit_timeout?: number;
    /** How many digits to collect (at least 1; whole; 1 when absent) */
    max_digits?: number;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Key that ends the input ("#" when absent) */
    terminator?: "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "0" | "#" | "*";
    /** Keys that end the input; replaces terminator */
    terminators?: Array<"1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "0" | "#" | "*">;
    /** How long to wait for the first digit, in milliseconds (at least 1; whole; 5000 when absent) */
    timeout?: number;
  };

  /** Data of callflow module conference: puts the caller into a conference */
  type ConferenceData = {
    config?: ConferencesData;
    /** Id of the conference (32 characters) */
    id?: string;
    /** The caller joins as moderator */
    moderator?: boolean;
    /** Tone when somebody joins: a switch, or the tone itself */
    play_entry_tone?: (boolean | string);
    /** Tone when somebody leaves: a switch, or the tone itself */
    play_exit_tone?: (boolean | string);
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Welcome to play to the joining caller */
    welcome_prompt?: {
      /** Id of the media file */
      media_id?: string;
      /** Play it at all (true when absent) */
      play?: boolean;
    };
  };

  /** Data of callflow module conference_feature: puts the caller into a conference from a feature code */
  type ConferenceFeatureData = {
    config?: ConferencesData;
    /** Id of the conference (32 characters) */
    id?: string;
    /** The caller joins as moderator */
    moderator?: boolean;
    /** Tone when somebody joins: a switch, or the tone itself */
    play_entry_tone?: (boolean | string);
    /** Tone when somebody leaves: a switch, or the tone itself */
    play_exit_tone?: (boolean | string);
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Welcome to play to the joining caller */
    welcome_prompt?: {
      /** Id of the media file */
      media_id?: string;
      /** Play it at all (true when absent) */
      play?: boolean;
    };
  };

  /** Data of callflow module dead_air: answers the call and leaves it silent */
  type DeadAirData = {
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module device: rings a device */
  type DeviceData = {
    /** Ring the calling device too */
    can_call_self?: boolean;
    /** Deliver to the sending device too */
    can_text_self?: boolean;
    /** SIP headers to add */
    custom_sip_headers?: { [name: string]: unknown };
    /** Wait before ringing, in seconds (whole; 0 when absent) */
    delay?: number;
    /** How to ring several contacts ("simultaneous" when absent) */
    dial_strategy?: "simultaneous" | "single";
    /** Id of the device */
    id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** User part to call instead of the device's own */
    static_invite?: string;
    /** Do not show the caller id */
    suppress_clid?: boolean;
    /** How long to ring, in seconds; 0 leaves it to the device (whole; 0 when absent) */
    timeout?: number;
  };

  /** Data of callflow module directory: lets the caller find a user by name */
  type DirectoryData = {
    /** Id of the directory */
    id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module disa: gives the caller a dial tone inside the account */
  type DisaData = {
    /** Apply the account's call restrictions (false when absent) */
    enforce_call_restriction?: boolean;
    /** Longest pause between two digits, in milliseconds (whole) */
    interdigit?: number;
    /** Longest number that can be dialled (whole; 15 when absent) */
    max_digits?: number;
    /** PIN asked for first; empty asks for none ("" when absent) */
    pin?: string;
    /** What the caller hears while connecting ("dialtone" when absent) */
    preconnect_audio?: "dialtone" | "ringing";
    /** How often a wrong PIN may be entered (whole; 3 when absent) */
    retries?: number;
    /** How often the ringing is repeated (whole; 1 when absent) */
    ring_repeat_count?: number;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Show the account's caller id instead of the caller's */
    use_account_caller_id?: boolean;
  };

  /** Data of callflow module do_not_disturb: switches do-not-disturb */
  type DoNotDisturbData = {
    /** What to do with it */
    action?: "activate" | "deactivate" | "toggle";
    /** Id of the user or device; the caller's own when absent */
    id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module dynamic_cid: lets the caller choose the caller id of the next call */
  type DynamicCidData = {
    /** Where the caller id comes from */
    action?: "list" | "lists" | "manual" | "static";
    /** Caller id for action static */
    caller_id?: {
      /** Name to show */
      name?: string;
      /** Number to show */
      number?: string;
    };
    /** Apply the account's call restrictions (true when absent) */
    enforce_call_restriction?: boolean;
    /** Id of the list */
    id?: string;
    /** Name of the list entry's key */
    idx_name?: string;
    /** Longest pause between two digits, in milliseconds (whole) */
    interdigit_timeout?: number;
    /** Most digits to accept (whole) */
    max_digits?: number;
    /** Id of the prompt that asks for the caller id */
    media_id?: string;
    /** Fewest digits to accept (whole) */
    min_digits?: number;
    /** Allow numbers that lead to a callflow (false when absent) */
    permit_custom_callflow?: boolean;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Regular expression that the entered number must match */
    whitelist_regex?: string;
  };

  /** Data of callflow module eavesdrop: listens in on a call */
  type EavesdropData = {
    /** Only this device may do it */
    approved_device_id?: string;
    /** Only this group may do it */
    approved_group_id?: string;
    /** Only this user may do it */
    approved_user_id?: string;
    /** Device whose call to listen to */
    device_id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** User whose call to listen to */
    user_id?: string;
  };

  /** Data of callflow module eavesdrop_feature: listens in on the extension dialled after a feature code */
  type EavesdropFeatureData = {
    /** Only this device may do it */
    approved_device_id?: string;
    /** Only this group may do it */
    approved_group_id?: string;
    /** Only this user may do it */
    approved_user_id?: string;
    /** Group the extension must belong to */
    group_id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module edr: writes an event record */
  type EdrData = {
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module fax_detect: branches on whether a fax machine is calling */
  type FaxDetectData = {
    /** How long to listen, in seconds (whole) */
    duration?: number;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module faxbox: receives a fax into a fax box */
  type FaxboxData = {
    /** Id of the fax box; older name of id */
    faxbox_id?: string;
    /** Id of the fax box */
    id?: string;
    /** Fax settings of this call */
    media?: {
      /** Use T.38: yes, no, or as negotiated */
      fax_option?: (boolean | "auto" | "true" | "false");
    };
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module flush_dtmf: forgets collected digits */
  type FlushDtmfData = {
    /** Name that the digits were kept under ("default" when absent) */
    collection_name?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module function: runs a stored function with the call's parameters and goes on with the flow it returns */
  type FunctionData = {
    /** Id of the function to run */
    id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module group: rings the members of a group */
  type GroupData = {
    /** Members to ring instead of all ([] when absent) */
    endpoints?: Array<string>;
    /** One member's refusal ends the ringing for all */
    fail_on_single_reject?: boolean;
    /** Id of the group */
    id?: string;
    /** Do not follow the members' call forwarding (true when absent) */
    ignore_forward?: boolean;
    /** How often to ring the whole group (whole; 1 when absent) */
    repeats?: number;
    /** What the caller hears meanwhile */
    ringback?: string;
    /** Ringtones sent to the called devices */
    ringtones?: {
      /** For calls from outside */
      external?: string;
      /** For calls from inside the account */
      internal?: string;
    };
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** All at once or one after another ("simultaneous" when absent) */
    strategy?: "single" | "simultaneous";
    /** How long to ring, in seconds (whole; 20 when absent) */
    timeout?: number;
  };

  /** Data of callflow module group_pickup: takes over a call ringing elsewhere */
  type GroupPickupData = {
    /** Only this device may do it */
    approved_device_id?: string;
    /** Only this group may do it */
    approved_group_id?: string;
    /** Only this user may do it */
    approved_user_id?: string;
    /** Device whose call to take over */
    device_id?: string;
    /** Group whose call to take over */
    group_id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** User whose call to take over */
    user_id?: string;
  };

  /** Data of callflow module group_pickup_feature: takes over a call ringing elsewhere, from a feature code */
  type GroupPickupFeatureData = {
    /** Only this device may do it */
    approved_device_id?: string;
    /** Only this group may do it */
    approved_group_id?: string;
    /** Only this user may do it */
    approved_user_id?: string;
    /** Device whose call to take over */
    device_id?: string;
    /** Group whose call to take over */
    group_id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** What the dialled digits name ("extension" when absent) */
    type?: "group" | "user" | "device" | "extension";
    /** User whose call to take over */
    user_id?: string;
  };

  /** Data of callflow module hangup: ends the call */
  type HangupData = {
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module hotdesk: logs a user into or out of the calling device */
  type HotdeskData = {
    /** What to do */
    action?: "logout" | "login" | "toggle" | "bridge";
    /** Id of the user */
    id?: string;
    /** Longest pause between two digits, in milliseconds (whole) */
    interdigit_timeout?: number;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module intercept: takes over a call that is ringing or connected */
  type InterceptData = {
    /** Only this device may do it */
    approved_device_id?: string;
    /** Only this group may do it */
    approved_group_id?: string;
    /** Only this user may do it */
    approved_user_id?: string;
    /** Device whose call to take over */
    device_id?: string;
    /** Group whose call to take over */
    group_id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** User whose call to take over */
    user_id?: string;
  };

  /** Data of callflow module intercept_feature: takes over a call, from a feature code */
  type InterceptFeatureData = {
    /** Only this device may do it */
    approved_device_id?: string;
    /** Only this group may do it */
    approved_group_id?: string;
    /** Only this user may do it */
    approved_user_id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** What the dialled digits name */
    type?: "user" | "device" | "extension";
  };

  /** Data of callflow module intercom: calls the extension dialled after a feature code and has it answer by itself */
  type IntercomData = {
    /** Break into a call in progress */
    barge_calls?: boolean;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module language: sets the language of the call's prompts */
  type LanguageData = {
    /** Language, or language and region, such as en or en-US (matches ^[A-Za-z]{2}(-[A-Za-z]{2})?$) */
    language: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module lookupcidname: sets the caller's name from lists */
  type LookupcidnameData = {
    /** Ids of the lists to search ([] when absent) */
    lists?: Array<string>;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module manual_presence: sets a presence lamp */
  type ManualPresenceData = {
    /** Presence id of the lamp */
    presence_id: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** What it shows ("idle" when absent) */
    status?: "idle" | "ringing" | "busy";
  };

  /** Data of callflow module menu: plays a menu and goes on at the child named like the digits */
  type MenuData = {
    /** Id of the menu */
    id?: string;
    /** Longest pause between two digits, in milliseconds (whole) */
    interdigit_timeout?: number;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module missed_call_alert: tells somebody when the call is missed */
  type MissedCallAlertData = {
    /** Who is told */
    recipients: Array<{
      /** Whom: a user's id or e-mail address, or several */
      id: (string | Array<string>);
      /** What the id is */
      type: "user" | "email";
    }>;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module move: moves the caller's call to another of the user's devices */
  type MoveData = {
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module nomorobo: branches on a spam score of the caller's number */
  type NomoroboData = {
    /** Password there (1 to 1000 characters) */
    password?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** User name at the scoring service (1 to 1000 characters) */
    username: string;
  };

  /** Data of callflow module noop: waits until earlier commands are done and goes on */
  type NoopData = {
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module notification: sends a notification about the call */
  type NotificationData = {
    /** Text to add */
    comments?: string;
    /** Ways to send it */
    notification_media?: Array<"email" | "sms">;
    /** Who gets it ([] when absent) */
    recipients?: Array<{
      /** Whom: a user's id or e-mail address, or several */
      id: (string | Array<string>);
      /** What the id is */
      type: "user" | "email";
    }>;
    /** When to send it ("channel_destroy" when absent) */
    send_at?: "callflow_exec" | "channel_destroy";
    /** Template to use */
    template_id?: string;
  };

  /** Data of callflow module offnet: calls out through the system's carriers */
  type OffnetData = {
    /** Choose the carrier by the number as dialled */
    bypass_e164?: boolean;
    /** Which caller id to show ("external" when absent) */
    caller_id_type?: string;
    /** SIP headers to add: for both directions, or apart under in and out */
    custom_sip_headers?: (CustomSipHeadersData | {
      in?: CustomSipHeadersData;
      out?: CustomSipHeadersData;
    });
    /** Send the number as dialled */
    do_not_normalize?: boolean;
    /** Flags taken from the call */
    dynamic_flags?: Array<string>;
    /** Send the account id in a SIP header */
    emit_account_id?: boolean;
    /** Build the From header from the caller id */
    format_from_uri?: boolean;
    /** Realm of that From header */
    from_uri_realm?: string;
    /** Account whose carriers to use */
    hunt_account_id?: string;
    /** Let the caller hear nothing before the answer (false when absent) */
    ignore_early_media?: boolean;
    /** Flags a carrier must have ([] when absent) */
    outbound_flags?: Array<string>;
    /** Kind of carrier to choose */
    resource_type?: string;
    /** What the caller hears meanwhile */
    ringback?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** How long to try, in seconds (whole) */
    timeout?: number;
    /** Number to call instead of the dialled one */
    to_did?: string;
    /** Use carriers of the account's own (true when absent) */
    use_local_resources?: boolean;
  };

  /** Data of callflow module page_group: pages several devices at once */
  type PageGroupData = {
    /** Whether they can talk back ("one-way" when absent) */
    audio?: "one-way" | "two-way";
    /** Break into calls in progress */
    barge_calls?: boolean;
    /** Who is paged (at least 1 items) */
    endpoints: Array<{
      /** Wait before ringing, in seconds (whole; 0 when absent) */
      delay?: number;
      /** What the id is */
      endpoint_type: "device" | "user" | "group";
      /** Id of the device, user or group (1 to 128 characters) */
      id: string;
      /** How long to ring, in seconds (whole; 20 when absent) */
      timeout?: number;
      /** Share of the calls with strategy weighted_random (1 to 100; whole) */
      weight?: number;
    }>;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** How long to try, in seconds (whole; 5 when absent) */
    timeout?: number;
  };

  /** Data of callflow module park: parks the call or fetches a parked one */
  type ParkData = {
    /** What to do ("park" when absent) */
    action?: "direct_park" | "park" | "retrieve" | "auto";
    /** Use the presence id as it is (false when absent) */
    custom_presence_id?: boolean;
    /** How long the parker is rung, in milliseconds (whole) */
    default_callback_timeout?: number;
    /** What the lamp shows for a parked call */
    default_presence_type?: "early" | "terminated" | "confirmed";
    /** How long a call stays parked before the parker is rung, in milliseconds (whole) */
    default_ringback_timeout?: number;
    /** Highest slot number given out (whole) */
    max_slot_number?: number;
    /** Presence id of the slot's lamp */
    presence_id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Parking slot */
    slot?: string;
    /** Settings of single slots ({} when absent) */
    slots?: { [name: string]: unknown };
  };

  /** Data of callflow module pivot: asks a web server what to do */
  type PivotData = {
    /** Where to send the call's record afterwards (matches ^https?://) */
    cdr_url?: string;
    /** Keep a record of the requests (false when absent) */
    debug?: boolean;
    /** HTTP method ("get" when absent) */
    method?: "get" | "post" | "GET" | "POST";
    /** How a POST is written ("form" when absent) */
    req_body_format?: "form" | "json";
    /** What the server answers ("kazoo" when absent) */
    req_format?: "kazoo" | "twiml";
    /** How long to wait for the answer, in milliseconds (at most 5000; whole) */
    req_timeout_ms?: number;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Address of the web server (matches ^https?://) */
    voice_url: string;
  };

  /** Data of callflow module play: plays a stored media file */
  type PlayData = {
    /** Answer the call first; false plays as early media */
    answer?: boolean;
    /** Begin again at the end until the caller hangs up (false when absent) */
    endless_playback?: boolean;
    /** Id of the media file, or its path */
    id?: string;
    /** How often to play it (at least 1; whole) */
    loop_count?: number;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Keys that cut the media short (["1","2","3","4","5","6","7","8","9","*","0","#"] when absent) */
    terminators?: Array<string>;
  };

  /** Data of callflow module prepend_cid: puts a prefix before the caller id */
  type PrependCidData = {
    /** Put one there, or take it away ("prepend" when absent) */
    action?: "reset" | "prepend";
    /** Start from the original caller id or from the current one ("current" when absent) */
    apply_to?: "original" | "current";
    /** Before the name ("" when absent) */
    caller_id_name_prefix?: string;
    /** Before the number ("" when absent) */
    caller_id_number_prefix?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module privacy: hides the caller id */
  type PrivacyData = {
    /** Replace the endpoint's own setting, or add to it ("overwrite" when absent) */
    endpoint_strategy?: "overwrite" | "merge";
    /** What to hide ("full" when absent) */
    mode?: "full" | "name" | "number" | "yes";
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module receive_fax: receives a fax for a user */
  type ReceiveFaxData = {
    /** Fax settings of this call */
    media?: {
      /** Use T.38: yes, no, or as negotiated */
      fax_option?: (boolean | "auto" | "false" | "true");
    };
    /** Id of the user who gets the fax */
    owner_id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module record_call: starts or stops recording the call */
  type RecordCallData = {
    /** Which of the two ("start" when absent) */
    action?: "start" | "stop";
    /** File format */
    format?: "mp3" | "wav";
    /** Label kept with the recording */
    label?: string;
    /** Name of the file */
    media_name?: string;
    /** HTTP method of that ("put" when absent) */
    method?: "put" | "post";
    /** Note of what started it */
    origin?: string;
    /** Recordings shorter than this are thrown away, in seconds (whole) */
    record_min_sec?: number;
    /** Begin when the call is answered (false when absent) */
    record_on_answer?: boolean;
    /** Begin when it is bridged (false when absent) */
    record_on_bridge?: boolean;
    /** Sample rate, in Hz (whole) */
    record_sample_rate?: number;
    /** Go on recording after a transfer (true when absent) */
    should_follow_transfer?: boolean;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Longest recording, in seconds (5 to 10800; whole; 3600 when absent) */
    time_limit?: number;
    /** Where to send the recording */
    url?: string;
  };

  /** Data of callflow module record_caller: records what the caller says */
  type RecordCallerData = {
    /** File format */
    format?: "mp3" | "wav";
    /** HTTP method of that ("put" when absent) */
    method?: "put" | "post";
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Longest recording, in seconds (5 to 10800; whole; 3600 when absent) */
    time_limit?: number;
    /** Where to send the recording */
    url?: string;
  };

  /** Data of callflow module resources: calls out through the account's or the system's carriers */
  type ResourcesData = {
    /** Choose the carrier by the number as dialled */
    bypass_e164?: boolean;
    /** Which caller id to show ("external" when absent) */
    caller_id_type?: string;
    /** SIP headers to add: for both directions, or apart under in and out */
    custom_sip_headers?: (CustomSipHeadersData | {
      in?: CustomSipHeadersData;
      out?: CustomSipHeadersData;
    });
    /** Send the number as dialled */
    do_not_normalize?: boolean;
    /** Flags taken from the call */
    dynamic_flags?: Array<string>;
    /** Send the account id in a SIP header */
    emit_account_id?: boolean;
    /** Build the From header from the caller id */
    format_from_uri?: boolean;
    /** Realm of that From header */
    from_uri_realm?: string;
    /** Account whose carriers to use */
    hunt_account_id?: string;
    /** Let the caller hear nothing before the answer (false when absent) */
    ignore_early_media?: boolean;
    /** Flags a carrier must have ([] when absent) */
    outbound_flags?: Array<string>;
    /** Kind of carrier to choose */
    resource_type?: string;
    /** What the caller hears meanwhile */
    ringback?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** How long to try, in seconds (whole) */
    timeout?: number;
    /** Number to call instead of the dialled one */
    to_did?: string;
    /** Use carriers of the account's own (true when absent) */
    use_local_resources?: boolean;
  };

  /** Data of callflow module response: refuses the call with a SIP response and ends the flow */
  type ResponseData = {
    /** SIP response code (whole; 486 when absent) */
    code?: number;
    /** Media file to play before refusing (at most 2048 characters) */
    media?: string;
    /** Reason phrase sent with the code */
    message?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module ring_group: rings several devices, users or groups */
  type RingGroupData = {
    /** Who is rung (at least 1 items) */
    endpoints: Array<{
      /** Wait before ringing, in seconds (whole; 0 when absent) */
      delay?: number;
      /** What the id is */
      endpoint_type: "device" | "user" | "group";
      /** Id of the device, user or group (1 to 128 characters) */
      id: string;
      /** How long to ring, in seconds (whole; 20 when absent) */
      timeout?: number;
      /** Share of the calls with strategy weighted_random (1 to 100; whole) */
      weight?: number;
    }>;
    /** One refusal ends the ringing for all */
    fail_on_single_reject?: boolean;
    /** Do not follow call forwarding (true when absent) */
    ignore_forward?: boolean;
    /** How often to ring the whole group (at least 1; whole; 1 when absent) */
    repeats?: number;
    /** What the caller hears meanwhile */
    ringback?: string;
    /** Ringtones sent to the called devices */
    ringtones?: {
      /** For calls from outside */
      external?: string;
      /** For calls from inside the account */
      internal?: string;
    };
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** All at once, one after another, or in an order drawn by weight ("simultaneous" when absent) */
    strategy?: "simultaneous" | "single" | "weighted_random";
    /** How long to ring, in seconds (whole; 20 when absent) */
    timeout?: number;
  };

  /** Data of callflow module ring_group_toggle: takes the caller's user into or out of a ring group */
  type RingGroupToggleData = {
    /** Which of the two */
    action: "login" | "logout";
    /** Id of the callflow that holds the ring group */
    callflow_id: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module route_to_cid: rings the endpoint that has the caller's number */
  type RouteToCidData = {
    /** Ring the calling device too */
    can_call_self?: boolean;
    /** Deliver to the sending device too */
    can_text_self?: boolean;
    /** Kinds of caller id to compare (at least 1 items; ["internal"] when absent) */
    cid_types?: Array<string>;
    /** Wait before ringing, in seconds (whole; 0 when absent) */
    delay?: number;
    /** Kinds of endpoint to search ([] when absent) */
    endpoint_types?: Array<string>;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** User part to call instead of the device's own */
    static_invite?: string;
    /** Do not show the caller id */
    suppress_clid?: boolean;
    /** How long to ring, in seconds; 0 leaves it to the device (whole; 0 when absent) */
    timeout?: number;
  };

  /** Data of callflow module send_dtmf: sends digits to the other end */
  type SendDtmfData = {
    /** Digits to send */
    digits: string;
    /** How long each digit sounds, in milliseconds ("2000" when absent) */
    duration_ms?: (number | string);
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module set: sets values for agents' skills */
  type SetData = {
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module set_alert_info: sets the Alert-Info header, which chooses a phone's ringtone */
  type SetAlertInfoData = {
    /** Value of the header */
    alert_info: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module set_cid: replaces the caller id */
  type SetCidData = {
    /** Name to show; empty takes an earlier replacement back ("" when absent) */
    caller_id_name?: string;
    /** Number to show; empty takes an earlier replacement back ("" when absent) */
    caller_id_number?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module set_variable: sets one variable on the call */
  type SetVariableData = {
    /** On the caller's leg, or on both ("a" when absent) */
    channel?: "a" | "both";
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Its value */
    value?: string;
    /** Which: call_priority or group_id */
    variable?: string;
  };

  /** Data of callflow module set_variables: sets custom application variables on the call */
  type SetVariablesData = {
    /** Names and values to set ({} when absent) */
    custom_application_vars?: { [name: string]: unknown };
    /** Set them on the other leg of the call too */
    export?: boolean;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module skel: does nothing; a pattern for new modules */
  type SkelData = {
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module sleep: waits, then goes on */
  type SleepData = {
    /** How long to wait, in the given unit (0 to 86400000; whole; 0 when absent) */
    duration?: number;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Unit of duration: milliseconds, seconds, minutes or hours ("s" when absent) */
    unit?: "ms" | "s" | "m" | "h";
  };

  /** Data of callflow module temporal_route: goes on at the child of the time rule that applies */
  type TemporalRouteData = {
    /** Change rules instead of routing */
    action?: "menu" | "enable" | "disable" | "reset";
    /** Longest pause between two digits, in milliseconds (whole) */
    interdigit_timeout?: number;
    /** Id of the set of rules */
    rule_set?: string;
    /** Ids of the rules, in order; where there are none, the children's are tried as they are written ([] when absent) */
    rules?: Array<string>;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Time zone to judge the rules in; the account's when absent */
    timezone?: string;
  };

  /** Data of callflow module transfer: transfers the call */
  type TransferData = {
    /** Capture groups passed on (["no_match"] when absent) */
    captures?: Array<string>;
    /** Which leg is transferred */
    leg?: "self" | "bleg";
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Where to */
    target?: string;
    /** With or without talking to the target first ("blind" when absent) */
    transfer_type?: "attended" | "blind";
  };

  /** Data of callflow module tts: reads a text aloud */
  type TtsData = {
    /** Begin again at the end until the caller hangs up */
    endless_playback?: boolean;
    /** Speech engine; the system's own choice when absent */
    engine?: "flite" | "google" | "ispeech" | "voicefabric";
    /** Language the text is written in; the call's language when absent */
    language?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Keys that cut the speech short (["1","2","3","4","5","6","7","8","9","*","0","#"] when absent) */
    terminators?: Array<string>;
    /** Words to speak (1 to 1000 characters) */
    text: string;
    /** Voice to speak with ("female" when absent) */
    voice?: string;
  };

  /** Data of callflow module user: rings all devices of a user */
  type UserData = {
    /** Ring the calling device too */
    can_call_self?: boolean;
    /** Deliver to the sending device too */
    can_text_self?: boolean;
    /** SIP headers to add */
    custom_sip_headers?: { [name: string]: unknown };
    /** Wait before ringing, in seconds (whole; 0 when absent) */
    delay?: number;
    /** One device's refusal ends the ringing for all */
    fail_on_single_reject?: boolean;
    /** Id of the user */
    id?: string;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** User part to call instead of the device's own */
    static_invite?: string;
    /** All devices at once or one after another ("simultaneous" when absent) */
    strategy?: "simultaneous" | "single";
    /** Do not show the caller id */
    suppress_clid?: boolean;
    /** How long to ring, in seconds (whole; 20 when absent) */
    timeout?: number;
  };

  /** Data of callflow module voicemail: takes a message, or plays messages to their owner */
  type VoicemailData = {
    /** Which of the two ("compose" when absent) */
    action?: "check" | "compose";
    /** Let the owner in by caller id, without PIN (false when absent) */
    callerid_match_login?: boolean;
    /** Id of the mailbox (32 characters) */
    id?: string;
    /** Longest pause between two digits, in milliseconds (whole; 2000 when absent) */
    interdigit_timeout?: number;
    /** Longest message, in seconds (whole; 500 when absent) */
    max_message_length?: number;
    /** Skip the question for the mailbox number where a user has one only (false when absent) */
    single_mailbox_login?: boolean;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module wait_for_hangup: does nothing until the call ends */
  type WaitForHangupData = {
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
  };

  /** Data of callflow module webhook: sends a webhook about the call */
  type WebhookData = {
    /** Values to send along */
    custom_data?: { [name: string]: unknown };
    /** HTTP method */
    http_verb?: "post" | "get";
    /** How often to try again (whole) */
    retries?: number;
    /** Pass over this node: the call goes on at its _ child as if the module had done its work */
    skip_module?: boolean;
    /** Address to send it to */
    uri?: string;
  };

  /** An entry of an audio_macro that plays tones (no module of its own) */
  type AudioMacroToneData = {
    /** Silence after the tone, in milliseconds (whole) */
    duration_off?: number;
    /** How long the tone sounds, in milliseconds (whole) */
    duration_on?: number;
    /** Frequencies sounded together, in Hz */
    frequencies?: Array<number>;
    /** How often to repeat the tone (whole) */
    repeat?: number;
    /** Volume in per cent (0 to 100; whole) */
    volume?: number;
  };

  /** An entry of an audio_macro that plays a system prompt (no module of its own) */
  type AudioMacroPromptData = {
    /** Name of the prompt */
    id?: string;
    /** Language of the prompt */
    language?: string;
    /** Keys that cut the prompt short (["1","2","3","4","5","6","7","8","9","*","0","#"] when absent) */
    terminators?: Array<string>;
  };

  /** An entry of an audio_macro that says a number, a date or the like (no module of its own) */
  type AudioMacroSayData = {
    /** Grammatical gender */
    gender?: "masculine" | "feminine" | "neuter";
    /** Language to say it in */
    language?: string;
    /** How to pronounce it */
    method?: "none" | "pronounced" | "iterated" | "counted";
    /** Keys that cut it short (["1","2","3","4","5","6","7","8","9","*","0","#"] when absent) */
    terminators?: Array<string>;
    /** Words to speak */
    text?: string;
    /** How to read the text */
    type?: "number" | "items" | "persons" | "messages" | "currency" | "time_measurement" | "current_date" | "current_time" | "current_date_time" | "telephone_number" | "telephone_extension" | "url" | "ip_address" | "e-mail_address" | "postal_address" | "account_number" | "name_spelled" | "name_phonetic" | "short_date_time";
  };

  /** A conference: who gets in and how it behaves */
  type ConferencesData = {
    /** Password for that */
    bridge_password?: string;
    /** User name for bridging conferences */
    bridge_username?: string;
    /** Name of the members' key controls */
    caller_controls?: string;
    /** Numbers that lead to the conference ([] when absent) */
    conference_numbers?: Array<string>;
    /** Key controls by name */
    controls?: { [name: string]: unknown };
    /** Domain of the conference */
    domain?: string;
    /** Flags for other programs */
    flags?: Array<string>;
    /** Server that holds it */
    focus?: string;
    /** Language of the prompts */
    language?: string;
    /** Media played when it is full */
    max_members_media?: string;
    /** Most participants at a time (whole) */
    max_participants?: number;
    /** What holds for members ({} when absent) */
    member?: {
      /** Join without hearing (false when absent) */
      join_deaf?: boolean;
      /** Join without being heard (true when absent) */
      join_muted?: boolean;
      /** Numbers that lead in ([] when absent) */
      numbers?: Array<string>;
      /** PINs that let in ([] when absent) */
      pins?: Array<string>;
      /** Play a prompt to a joining member */
      play_entry_prompt?: boolean;
    };
    /** What holds for moderators ({} when absent) */
    moderator?: {
      /** Join without hearing (false when absent) */
      join_deaf?: boolean;
      /** Join without being heard (false when absent) */
      join_muted?: boolean;
      /** Numbers that lead in ([] when absent) */
      numbers?: Array<string>;
      /** PINs that let in ([] when absent) */
      pins?: Array<string>;
    };
    /** Name of the moderators' key controls */
    moderator_controls?: string;
    /** Name for people (1 to 128 characters) */
    name?: string;
    /** Id of the user it belongs to (32 characters) */
    owner_id?: string;
    /** Tone when somebody joins: a switch, or the tone itself */
    play_entry_tone?: (boolean | string);
    /** Tone when somebody leaves: a switch, or the tone itself */
    play_exit_tone?: (boolean | string);
    /** Announce who joins (false when absent) */
    play_name?: boolean;
    /** Play a welcome */
    play_welcome?: boolean;
    profile?: ConferencesProfileData;
    /** Name of such settings */
    profile_name?: string;
    /** Begin only with a moderator */
    require_moderator?: boolean;
    /** Members wait until a moderator is there */
    wait_for_moderator?: boolean;
  };

  /** SIP headers by name */
  type CustomSipHeadersData = { [name: string]: string };

  /** How a conference sounds and how many may take part */
  type ConferencesProfileData = {
    /** Sound for who is alone in the conference */
    "alone-sound"?: string;
    /** Number of members above which their count is announced (whole) */
    "announce-count"?: number;
    /** Key bindings of callers */
    "caller-controls"?: string;
    /** Volume of the background noise (0 to 10000; whole) */
    "comfort-noise"?: number;
    /** Loudness from which on others hear somebody (0 to 1800; whole) */
    "energy-level"?: number;
    /** Sound when somebody enters */
    "enter-sound"?: string;
    /** Sound when somebody leaves */
    "exit-sound"?: string;
    /** Length of a frame, in milliseconds (10 to 120; whole) */
    interval?: number;
    /** Sound when the conference is locked */
    "locked-sound"?: string;
    /** Most members (at least 2; whole) */
    "max-members"?: number;
    /** Sound for who finds the conference full */
    "max-members-sound"?: string;
    /** Key bindings of moderators */
    "moderator-controls"?: string;
    /** Music for who is alone */
    "moh-sound"?: string;
    /** Sound when somebody is muted */
    "muted-sound"?: string;
    /** Sample rate (whole) */
    rate?: 8000 | 12000 | 16000 | 24000 | 32000 | 44100 | 48000;
    /** Sound when somebody is unmuted */
    "unmuted-sound"?: string;
  };

  /** What this run is. */
  interface Run {
    readonly id: string;
    /** Empty for a draft. */
    readonly function: string;
    readonly account: string;
    readonly origin: 'call' | 'rehearsal' | 'api';
    /** Number of who calls; empty when not known. */
    readonly caller: string;
    readonly depth: number;
    readonly attempt: number;
    /** What is left of the function's own time, in ms; waiting is no part of it. */
    remaining_ms(): number;
  }

  /** Why a call of kv failed, as the reason of a KvError. */
  type KvReason = 'conflict' | 'too_large' | 'quota' | 'not_a_number' | 'unavailable' | 'budget' | 'bad_key';

  /** Key-value storage of one namespace. A ttl is in seconds. Each call may throw a KvError. */
  interface Keys {
    get(key: string): any;
    entry(key: string): { value: any; version: number; expires: number | null } | null;
    /** Gives the new version. With ifVersion: 0 it only makes a new key. */
    set(key: string, value: any, options?: { ttl?: number; ifVersion?: number }): number;
    /** Gives the number after. The ttl counts from when the key was made. */
    incr(key: string, by?: number, options?: { ttl?: number }): number;
    /** Tells whether the key was there. */
    delete(key: string, options?: { ifVersion?: number }): boolean;
    list(prefix?: string, options?: { limit?: number; after?: string }): { keys: string[]; more: boolean };
  }
  interface KV extends Keys {
    /** Keys of this function alone. */
    readonly own: Keys;
  }

  /** Why a request failed, as the reason of an HttpError. */
  type HttpReason = 'timeout' | 'refused_address' | 'host_not_declared' | 'dns' | 'connect' | 'tls' | 'redirects' |
    'too_large' | 'budget' | 'circuit_open' | 'not_scripted';

  interface HttpAnswer {
    readonly status: number;
    /** Names are in lower case. */
    readonly headers: { readonly [name: string]: string };
    readonly body: string;
    /** The host did not answer: this is what it answered within the last hour. */
    readonly stale?: boolean;
    /** Secrets whose handle was sent, since they may not go to the host. */
    readonly secrets_withheld?: readonly string[];
    json(): any;
  }
  interface HttpOptions {
    headers?: { [name: string]: string };
    timeout_ms?: number;
    auth?: { user: string; password: string };
  }
  /** Each call may throw an HttpError. Every status is an answer. */
  interface Http {
    /** With cache, an answer of status 200 is good for so many seconds. */
    get(url: string, options?: HttpOptions & { cache?: number }): HttpAnswer;
    /** An object is sent as JSON. */
    post(url: string, body?: any, options?: HttpOptions & { type?: string; idempotent?: boolean }): HttpAnswer;
    /** Asks all at once. One that fails is an Error in its place. */
    all(requests: Array<string | { url: string; method?: string; body?: any; [option: string]: any }>):
      Array<HttpAnswer | Error>;
  }

  /** Handles of secrets, which callfn replaces on their way out. */
  type Secrets = { readonly [name: string]: string } & {
    hmac(name: string, hash: 'sha256' | 'sha512' | 'sha1', text: string, form?: 'hex' | 'base64'): string;
    reveal(name: string): string;
  };

  /** Why a call of phone, holidays or hours failed, as the reason of a StdError. */
  type StdReason = 'bad_region' | 'bad_country' | 'bad_year' | 'bad_hours' | 'bad_zone' | 'bad_time' | 'budget';

  interface PhoneNumber {
    readonly e164: string;
    readonly national: string;
    readonly international: string;
    readonly country_code: number;
    /** ISO 3166 code; empty for a number of no country. */
    readonly region: string;
    readonly type: 'fixed_line' | 'mobile' | 'fixed_line_or_mobile' | 'toll_free' | 'premium_rate' | 'shared_cost' |
      'voip' | 'personal_number' | 'pager' | 'uan' | 'voicemail' | 'unknown';
    readonly possible: boolean;
    readonly valid: boolean;
  }
  interface Holiday {
    /** Such as 2026-12-25. */
    readonly date: string;
    readonly name: string;
    /** A day off in place of a holiday at a weekend. */
    readonly substitute: boolean;
  }
  /** Spans of a day, such as '09:00-12:00, 13:00-17:00' and '22:00-02:00'. */
  type Spans = string | string[] | null;
  interface Week {
    mon?: Spans; tue?: Spans; wed?: Spans; thu?: Spans; fri?: Spans; sat?: Spans; sun?: Spans;
    /** Countries and states whose public holidays are closed, such as DE-BY. */
    holidays?: string | string[];
    /** Further dates, such as 2026-12-24. */
    closed?: string | string[];
    /** The call's without one. */
    zone?: string;
  }
}

/** The call's parameters, in the body of a function. */
declare const call: callfn.Call;

/** Keeps a line for the record of the run. */
declare function log(...values: any[]): void;

/** Keeps a line for the record of the run, and its level: the function that is called. */
interface Console {
  log(...values: any[]): void;
  info(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
  debug(...values: any[]): void;
}
declare var console: Console;

/** Constants of the document: for functions that declare bindings.env. */
declare const env: { readonly [name: string]: string | undefined };

/** This run: for functions that declare any bindings. */
declare const run: callfn.Run;

/** Key-value storage: for functions that declare bindings.kv. */
declare const kv: callfn.KV;

/** Requests to hosts: for functions that declare bindings.http. */
declare const http: callfn.Http;

/** Secrets of the account: for functions that declare bindings.secrets. */
declare const secrets: callfn.Secrets;

/** Telephone numbers: for functions that declare bindings.std. */
declare const phone: {
  /** Null for a text that is no number. The region, such as DE, is where the number is dialled. */
  parse(number: string | null | undefined, region: string): callfn.PhoneNumber | null;
};

/** Public holidays: for functions that declare bindings.std. */
declare const holidays: {
  /** In their order. A year that is not known is an error. */
  of(country: string, year: number): callfn.Holiday[];
};

/** Opening hours: for functions that declare bindings.std. */
declare const hours: {
  /** At a moment, now without one: a Date, its milliseconds, or a text with an offset. */
  open(week: callfn.Week, at?: Date | number | string | null): boolean;
};

/** What a call of a binding throws. */
interface Error {
  /** Of the closed set of its binding; docs/bindings.md lists them. */
  reason?: string;
}
