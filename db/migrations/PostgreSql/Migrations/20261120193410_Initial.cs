using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CrmSync.Migrations.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "Activity",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    LinkId = table.Column<Guid>(type: "uuid", nullable: true),
                    ItemId = table.Column<Guid>(type: "uuid", nullable: true),
                    At = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    Action = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    Reason = table.Column<string>(type: "text", nullable: false),
                    Count = table.Column<int>(type: "integer", nullable: false),
                    TraceId = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Activity", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ApiToken",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    Prefix = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    TokenHash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    CrmUserId = table.Column<Guid>(type: "uuid", nullable: true),
                    Scopes = table.Column<string>(type: "text", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    ExpiresAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    LastUsedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    RevokedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ApiToken", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "AuditLog",
                columns: table => new
                {
                    Number = table.Column<long>(type: "bigint", nullable: false),
                    At = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    Actor = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    Address = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    Action = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    Subject = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false),
                    Before = table.Column<string>(type: "text", nullable: true),
                    After = table.Column<string>(type: "text", nullable: true),
                    Hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AuditLog", x => x.Number);
                });

            migrationBuilder.CreateTable(
                name: "ConsoleAccount",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    UserName = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    PasswordHash = table.Column<string>(type: "text", nullable: false),
                    Role = table.Column<int>(type: "integer", nullable: false),
                    CrmUserId = table.Column<Guid>(type: "uuid", nullable: true),
                    IsDisabled = table.Column<bool>(type: "boolean", nullable: false),
                    FailedSignIns = table.Column<int>(type: "integer", nullable: false),
                    LockedUntil = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    SecurityStamp = table.Column<string>(type: "text", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    LastSignInAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ConsoleAccount", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ContactCoverage",
                columns: table => new
                {
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    ContactId = table.Column<Guid>(type: "uuid", nullable: false),
                    IsCovered = table.Column<bool>(type: "boolean", nullable: false),
                    IsOnSynchronizationList = table.Column<bool>(type: "boolean", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ContactCoverage", x => new { x.UserId, x.ContactId });
                });

            migrationBuilder.CreateTable(
                name: "ContactItem",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Version = table.Column<long>(type: "bigint", nullable: false),
                    OwnerId = table.Column<Guid>(type: "uuid", nullable: true),
                    DisplayName = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false),
                    Company = table.Column<string>(type: "text", nullable: true),
                    JobTitle = table.Column<string>(type: "text", nullable: true),
                    Details = table.Column<string>(type: "text", nullable: false),
                    IsReadOnly = table.Column<bool>(type: "boolean", nullable: false),
                    IsDeleted = table.Column<bool>(type: "boolean", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    UpdatedBy = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ContactItem", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "CrmUser",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Version = table.Column<long>(type: "bigint", nullable: false),
                    Name = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    DisplayName = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    Mail = table.Column<string>(type: "character varying(320)", maxLength: 320, nullable: false),
                    TimeZone = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    TeamId = table.Column<Guid>(type: "uuid", nullable: true),
                    IsResource = table.Column<bool>(type: "boolean", nullable: false),
                    IsActive = table.Column<bool>(type: "boolean", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_CrmUser", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ExchangeSyncQueue",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Kind = table.Column<int>(type: "integer", nullable: false),
                    LinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    ItemId = table.Column<Guid>(type: "uuid", nullable: false),
                    Revision = table.Column<long>(type: "bigint", nullable: false),
                    Priority = table.Column<int>(type: "integer", nullable: false),
                    State = table.Column<int>(type: "integer", nullable: false),
                    Attempts = table.Column<int>(type: "integer", nullable: false),
                    NotBeforeMs = table.Column<long>(type: "bigint", nullable: false),
                    EnqueuedAtMs = table.Column<long>(type: "bigint", nullable: false),
                    Error = table.Column<string>(type: "text", nullable: true),
                    ErrorCode = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                    TraceId = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ExchangeSyncQueue", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "IdempotencyKey",
                columns: table => new
                {
                    Actor = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    Key = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false, collation: "C"),
                    RequestHash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    Status = table.Column<int>(type: "integer", nullable: false),
                    Body = table.Column<string>(type: "text", nullable: true),
                    Location = table.Column<string>(type: "text", nullable: true),
                    ETag = table.Column<string>(type: "text", nullable: true),
                    CreatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_IdempotencyKey", x => new { x.Actor, x.Key });
                });

            migrationBuilder.CreateTable(
                name: "Installation",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false),
                    InstallId = table.Column<Guid>(type: "uuid", nullable: false),
                    KeyCanary = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Installation", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ItemHistory",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    ItemId = table.Column<Guid>(type: "uuid", nullable: false),
                    Version = table.Column<long>(type: "bigint", nullable: false),
                    At = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    ReplacedBy = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    Reason = table.Column<string>(type: "text", nullable: false),
                    Snapshot = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ItemHistory", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ItemIdentity",
                columns: table => new
                {
                    ItemLinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    Slot = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    LinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    Protocol = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    IdFormat = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    ExchangeId = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: false, collation: "C"),
                    IdHash = table.Column<long>(type: "bigint", nullable: false),
                    ChangeKey = table.Column<string>(type: "character varying(512)", maxLength: 512, nullable: false, collation: "C"),
                    GlobalObjectId = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: true, collation: "C"),
                    GlobalIdHash = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ItemIdentity", x => new { x.ItemLinkId, x.Slot });
                });

            migrationBuilder.CreateTable(
                name: "ItemLink",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    LinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    ItemId = table.Column<Guid>(type: "uuid", nullable: false),
                    Kind = table.Column<int>(type: "integer", nullable: false),
                    IsHome = table.Column<bool>(type: "boolean", nullable: false),
                    CrmVersion = table.Column<long>(type: "bigint", nullable: false),
                    BaseSnapshot = table.Column<string>(type: "text", nullable: true),
                    MappingVersion = table.Column<int>(type: "integer", nullable: false),
                    IntentId = table.Column<Guid>(type: "uuid", nullable: true),
                    Attempt = table.Column<int>(type: "integer", nullable: false),
                    ConfirmedAttempt = table.Column<int>(type: "integer", nullable: true),
                    IntentState = table.Column<int>(type: "integer", nullable: false),
                    SentAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    InviteState = table.Column<int>(type: "integer", nullable: false),
                    Tombstone = table.Column<int>(type: "integer", nullable: false),
                    SeenGeneration = table.Column<int>(type: "integer", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ItemLink", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "LinkInventory",
                columns: table => new
                {
                    LinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    IdHash = table.Column<long>(type: "bigint", nullable: false),
                    ExchangeId = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: false, collation: "C"),
                    ChangeKey = table.Column<string>(type: "character varying(512)", maxLength: 512, nullable: false, collation: "C"),
                    GlobalObjectId = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: true, collation: "C"),
                    IntentId = table.Column<Guid>(type: "uuid", nullable: true),
                    Attempt = table.Column<int>(type: "integer", nullable: true),
                    MatchHash = table.Column<long>(type: "bigint", nullable: true),
                    SkipReason = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: true),
                    Subject = table.Column<string>(type: "text", nullable: true),
                    StartUtc = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    SeenGeneration = table.Column<int>(type: "integer", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LinkInventory", x => new { x.LinkId, x.IdHash, x.ExchangeId });
                });

            migrationBuilder.CreateTable(
                name: "LinkState",
                columns: table => new
                {
                    LinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    ResolvedFolderId = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: true, collation: "C"),
                    Cursor = table.Column<string>(type: "text", nullable: true),
                    IsFullRead = table.Column<bool>(type: "boolean", nullable: false),
                    SweepGeneration = table.Column<int>(type: "integer", nullable: false),
                    IsInventoryComplete = table.Column<bool>(type: "boolean", nullable: false),
                    MappingVersion = table.Column<int>(type: "integer", nullable: false),
                    Health = table.Column<int>(type: "integer", nullable: false),
                    LastError = table.Column<string>(type: "text", nullable: true),
                    LastErrorCode = table.Column<string>(type: "text", nullable: true),
                    LastErrorAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    LastInboundAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    LastOutboundAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    NotificationState = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    SubscriptionId = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: true, collation: "C"),
                    SubscriptionExpiresAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    NextPollAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    NextCheckUpAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    RenewAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    PausedBy = table.Column<string>(type: "text", nullable: true),
                    PausedReason = table.Column<string>(type: "text", nullable: true),
                    DeleteApprovalUntil = table.Column<DateTime>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LinkState", x => x.LinkId);
                });

            migrationBuilder.CreateTable(
                name: "LinkWork",
                columns: table => new
                {
                    LinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    TargetId = table.Column<Guid>(type: "uuid", nullable: false),
                    Mailbox = table.Column<string>(type: "character varying(320)", maxLength: 320, nullable: false),
                    ReadyAtMs = table.Column<long>(type: "bigint", nullable: true),
                    Priority = table.Column<int>(type: "integer", nullable: false),
                    IsPaused = table.Column<bool>(type: "boolean", nullable: false),
                    Owner = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                    Epoch = table.Column<long>(type: "bigint", nullable: false),
                    LeaseUntilMs = table.Column<long>(type: "bigint", nullable: true),
                    DeferredUntilMs = table.Column<long>(type: "bigint", nullable: true),
                    LastEndedAtMs = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LinkWork", x => x.LinkId);
                });

            migrationBuilder.CreateTable(
                name: "ListenerGroup",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    TargetId = table.Column<Guid>(type: "uuid", nullable: false),
                    Owner = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                    Epoch = table.Column<long>(type: "bigint", nullable: false),
                    LeaseUntilMs = table.Column<long>(type: "bigint", nullable: true),
                    State = table.Column<string>(type: "text", nullable: true),
                    ConnectedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ListenerGroup", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ListenerMember",
                columns: table => new
                {
                    LinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    GroupId = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ListenerMember", x => x.LinkId);
                });

            migrationBuilder.CreateTable(
                name: "MeetingIdentity",
                columns: table => new
                {
                    TargetId = table.Column<Guid>(type: "uuid", nullable: false),
                    GlobalObjectId = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: false, collation: "C"),
                    ItemId = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_MeetingIdentity", x => new { x.TargetId, x.GlobalObjectId });
                });

            migrationBuilder.CreateTable(
                name: "Occurrence",
                columns: table => new
                {
                    ItemId = table.Column<Guid>(type: "uuid", nullable: false),
                    OriginalStartWall = table.Column<string>(type: "character varying(19)", maxLength: 19, nullable: false),
                    IsDeleted = table.Column<bool>(type: "boolean", nullable: false),
                    Overrides = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Occurrence", x => new { x.ItemId, x.OriginalStartWall });
                });

            migrationBuilder.CreateTable(
                name: "Participation",
                columns: table => new
                {
                    ItemId = table.Column<Guid>(type: "uuid", nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    ShowAs = table.Column<int>(type: "integer", nullable: false),
                    Sensitivity = table.Column<int>(type: "integer", nullable: false),
                    Categories = table.Column<string>(type: "text", nullable: false),
                    ReminderMinutes = table.Column<int>(type: "integer", nullable: true),
                    Response = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Participation", x => new { x.ItemId, x.UserId });
                });

            migrationBuilder.CreateTable(
                name: "PendingDelete",
                columns: table => new
                {
                    LinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    ItemLinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    State = table.Column<int>(type: "integer", nullable: false),
                    FoundAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_PendingDelete", x => new { x.LinkId, x.ItemLinkId });
                });

            migrationBuilder.CreateTable(
                name: "PushToken",
                columns: table => new
                {
                    TokenHash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    LinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    SubscriptionId = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: true, collation: "C"),
                    CreatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    LastHeardAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    RetiredAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_PushToken", x => x.TokenHash);
                });

            migrationBuilder.CreateTable(
                name: "Resource",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    Capacity = table.Column<int>(type: "integer", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Resource", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ScheduleItem",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Version = table.Column<long>(type: "bigint", nullable: false),
                    OwnerId = table.Column<Guid>(type: "uuid", nullable: false),
                    Origin = table.Column<int>(type: "integer", nullable: false),
                    Subject = table.Column<string>(type: "text", nullable: false),
                    BodyFormat = table.Column<int>(type: "integer", nullable: false),
                    Body = table.Column<string>(type: "text", nullable: false),
                    StartUtc = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    EndUtc = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    StartWall = table.Column<string>(type: "character varying(19)", maxLength: 19, nullable: false),
                    EndWall = table.Column<string>(type: "character varying(19)", maxLength: 19, nullable: false),
                    StartZone = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    EndZone = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    IsAllDay = table.Column<bool>(type: "boolean", nullable: false),
                    Location = table.Column<string>(type: "text", nullable: false),
                    Importance = table.Column<int>(type: "integer", nullable: false),
                    OrganizerAddress = table.Column<string>(type: "character varying(320)", maxLength: 320, nullable: true),
                    OrganizerName = table.Column<string>(type: "text", nullable: true),
                    Attendees = table.Column<string>(type: "text", nullable: false),
                    IsCancelled = table.Column<bool>(type: "boolean", nullable: false),
                    OnlineMeetingUrl = table.Column<string>(type: "text", nullable: true),
                    Recurrence = table.Column<string>(type: "text", nullable: true),
                    AuthorityLinkId = table.Column<Guid>(type: "uuid", nullable: true),
                    AuthorityIsOrganizer = table.Column<bool>(type: "boolean", nullable: false),
                    IsDeleted = table.Column<bool>(type: "boolean", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    UpdatedBy = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ScheduleItem", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "SetupLink",
                columns: table => new
                {
                    TokenHash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false, collation: "C"),
                    ExpiresAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    UsedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SetupLink", x => x.TokenHash);
                });

            migrationBuilder.CreateTable(
                name: "SyncConflict",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    LinkId = table.Column<Guid>(type: "uuid", nullable: false),
                    ItemId = table.Column<Guid>(type: "uuid", nullable: false),
                    At = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    Fields = table.Column<string>(type: "text", nullable: false),
                    BaseValues = table.Column<string>(type: "text", nullable: true),
                    CrmValues = table.Column<string>(type: "text", nullable: false),
                    ExchangeValues = table.Column<string>(type: "text", nullable: false),
                    State = table.Column<int>(type: "integer", nullable: false),
                    Decision = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    DecidedBy = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SyncConflict", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "SyncLink",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Version = table.Column<long>(type: "bigint", nullable: false),
                    TargetId = table.Column<Guid>(type: "uuid", nullable: false),
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    Mailbox = table.Column<string>(type: "character varying(320)", maxLength: 320, nullable: false),
                    FolderId = table.Column<string>(type: "character varying(1024)", maxLength: 1024, nullable: true, collation: "C"),
                    FolderName = table.Column<string>(type: "text", nullable: false),
                    Kind = table.Column<int>(type: "integer", nullable: false),
                    Direction = table.Column<int>(type: "integer", nullable: false),
                    IsEnabled = table.Column<bool>(type: "boolean", nullable: false),
                    IsHome = table.Column<bool>(type: "boolean", nullable: false),
                    DefaultZone = table.Column<string>(type: "text", nullable: false),
                    MappingVersion = table.Column<int>(type: "integer", nullable: false),
                    AcceptedShowAs = table.Column<string>(type: "text", nullable: true),
                    AcceptedSensitivities = table.Column<string>(type: "text", nullable: true),
                    WindowDaysBack = table.Column<int>(type: "integer", nullable: true),
                    WindowDaysAhead = table.Column<int>(type: "integer", nullable: true),
                    CreatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SyncLink", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "SyncTarget",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Version = table.Column<long>(type: "bigint", nullable: false),
                    Name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    Kind = table.Column<int>(type: "integer", nullable: false),
                    IsEnabled = table.Column<bool>(type: "boolean", nullable: false),
                    Url = table.Column<string>(type: "text", nullable: true),
                    ServerVersion = table.Column<string>(type: "text", nullable: false),
                    Authentication = table.Column<int>(type: "integer", nullable: false),
                    UserName = table.Column<string>(type: "text", nullable: false),
                    SealedSecret = table.Column<string>(type: "text", nullable: true),
                    OAuthAuthority = table.Column<string>(type: "text", nullable: true),
                    OAuthScope = table.Column<string>(type: "text", nullable: true),
                    Access = table.Column<int>(type: "integer", nullable: false),
                    Tls = table.Column<int>(type: "integer", nullable: false),
                    TrustedCertificatePem = table.Column<string>(type: "text", nullable: true),
                    IsOnPremises = table.Column<bool>(type: "boolean", nullable: false),
                    Notifications = table.Column<int>(type: "integer", nullable: false),
                    PublicUrl = table.Column<string>(type: "text", nullable: true),
                    PollIntervalSeconds = table.Column<int>(type: "integer", nullable: false),
                    CheckUpIntervalMinutes = table.Column<int>(type: "integer", nullable: false),
                    RenewalMarginSeconds = table.Column<int>(type: "integer", nullable: false),
                    ScheduleDirection = table.Column<int>(type: "integer", nullable: false),
                    TaskDirection = table.Column<int>(type: "integer", nullable: false),
                    ContactDirection = table.Column<int>(type: "integer", nullable: false),
                    ConflictPolicy = table.Column<int>(type: "integer", nullable: false),
                    MailPolicy = table.Column<int>(type: "integer", nullable: false),
                    MaxConnections = table.Column<int>(type: "integer", nullable: false),
                    MaxRequestsPerMailbox = table.Column<int>(type: "integer", nullable: false),
                    RequestTimeoutSeconds = table.Column<int>(type: "integer", nullable: false),
                    DeleteGuardPercent = table.Column<int>(type: "integer", nullable: false),
                    DeleteGuardMinimum = table.Column<int>(type: "integer", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SyncTarget", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "TaskItem",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Version = table.Column<long>(type: "bigint", nullable: false),
                    OwnerId = table.Column<Guid>(type: "uuid", nullable: false),
                    Subject = table.Column<string>(type: "text", nullable: false),
                    BodyFormat = table.Column<int>(type: "integer", nullable: false),
                    Body = table.Column<string>(type: "text", nullable: false),
                    StartDate = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: true),
                    DueDate = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: true),
                    Status = table.Column<int>(type: "integer", nullable: false),
                    PercentComplete = table.Column<int>(type: "integer", nullable: false),
                    CompletedDate = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: true),
                    Importance = table.Column<int>(type: "integer", nullable: false),
                    ReminderUtc = table.Column<DateTime>(type: "timestamp with time zone", nullable: true),
                    Sensitivity = table.Column<int>(type: "integer", nullable: false),
                    Categories = table.Column<string>(type: "text", nullable: false),
                    Recurrence = table.Column<string>(type: "text", nullable: true),
                    IsDeleted = table.Column<bool>(type: "boolean", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "timestamp with time zone", nullable: false),
                    UpdatedBy = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_TaskItem", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Team",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Team", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "WorkingHours",
                columns: table => new
                {
                    UserId = table.Column<Guid>(type: "uuid", nullable: false),
                    DayOfWeek = table.Column<int>(type: "integer", nullable: false),
                    StartMinute = table.Column<int>(type: "integer", nullable: false),
                    EndMinute = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_WorkingHours", x => new { x.UserId, x.DayOfWeek, x.StartMinute });
                });

            migrationBuilder.CreateIndex(
                name: "IX_Activity_At",
                table: "Activity",
                column: "At");

            migrationBuilder.CreateIndex(
                name: "IX_Activity_ItemId_At",
                table: "Activity",
                columns: new[] { "ItemId", "At" });

            migrationBuilder.CreateIndex(
                name: "IX_Activity_LinkId_At",
                table: "Activity",
                columns: new[] { "LinkId", "At" });

            migrationBuilder.CreateIndex(
                name: "IX_ApiToken_Prefix",
                table: "ApiToken",
                column: "Prefix",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_AuditLog_At",
                table: "AuditLog",
                column: "At");

            migrationBuilder.CreateIndex(
                name: "IX_ConsoleAccount_UserName",
                table: "ConsoleAccount",
                column: "UserName",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ContactCoverage_ContactId",
                table: "ContactCoverage",
                column: "ContactId");

            migrationBuilder.CreateIndex(
                name: "IX_ContactItem_DisplayName",
                table: "ContactItem",
                column: "DisplayName");

            migrationBuilder.CreateIndex(
                name: "IX_ContactItem_OwnerId",
                table: "ContactItem",
                column: "OwnerId");

            migrationBuilder.CreateIndex(
                name: "IX_CrmUser_Mail",
                table: "CrmUser",
                column: "Mail");

            migrationBuilder.CreateIndex(
                name: "IX_CrmUser_Name",
                table: "CrmUser",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ExchangeSyncQueue_ItemId",
                table: "ExchangeSyncQueue",
                column: "ItemId");

            migrationBuilder.CreateIndex(
                name: "IX_ExchangeSyncQueue_LinkId_Kind_ItemId",
                table: "ExchangeSyncQueue",
                columns: new[] { "LinkId", "Kind", "ItemId" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ExchangeSyncQueue_LinkId_State_NotBeforeMs",
                table: "ExchangeSyncQueue",
                columns: new[] { "LinkId", "State", "NotBeforeMs" });

            migrationBuilder.CreateIndex(
                name: "IX_ExchangeSyncQueue_State_Kind",
                table: "ExchangeSyncQueue",
                columns: new[] { "State", "Kind" });

            migrationBuilder.CreateIndex(
                name: "IX_IdempotencyKey_CreatedAt",
                table: "IdempotencyKey",
                column: "CreatedAt");

            migrationBuilder.CreateIndex(
                name: "IX_ItemHistory_ItemId_Version",
                table: "ItemHistory",
                columns: new[] { "ItemId", "Version" });

            migrationBuilder.CreateIndex(
                name: "IX_ItemIdentity_GlobalIdHash",
                table: "ItemIdentity",
                column: "GlobalIdHash");

            migrationBuilder.CreateIndex(
                name: "IX_ItemIdentity_LinkId_IdHash",
                table: "ItemIdentity",
                columns: new[] { "LinkId", "IdHash" });

            migrationBuilder.CreateIndex(
                name: "IX_ItemLink_IntentId",
                table: "ItemLink",
                column: "IntentId");

            migrationBuilder.CreateIndex(
                name: "IX_ItemLink_ItemId",
                table: "ItemLink",
                column: "ItemId");

            migrationBuilder.CreateIndex(
                name: "IX_ItemLink_LinkId_ItemId",
                table: "ItemLink",
                columns: new[] { "LinkId", "ItemId" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ItemLink_LinkId_SeenGeneration",
                table: "ItemLink",
                columns: new[] { "LinkId", "SeenGeneration" });

            migrationBuilder.CreateIndex(
                name: "IX_LinkInventory_LinkId_MatchHash",
                table: "LinkInventory",
                columns: new[] { "LinkId", "MatchHash" });

            migrationBuilder.CreateIndex(
                name: "IX_LinkInventory_LinkId_SkipReason",
                table: "LinkInventory",
                columns: new[] { "LinkId", "SkipReason" });

            migrationBuilder.CreateIndex(
                name: "IX_LinkState_Health",
                table: "LinkState",
                column: "Health");

            migrationBuilder.CreateIndex(
                name: "IX_LinkState_NextCheckUpAt",
                table: "LinkState",
                column: "NextCheckUpAt");

            migrationBuilder.CreateIndex(
                name: "IX_LinkState_NextPollAt",
                table: "LinkState",
                column: "NextPollAt");

            migrationBuilder.CreateIndex(
                name: "IX_LinkState_RenewAt",
                table: "LinkState",
                column: "RenewAt");

            migrationBuilder.CreateIndex(
                name: "IX_LinkWork_IsPaused_Priority_ReadyAtMs",
                table: "LinkWork",
                columns: new[] { "IsPaused", "Priority", "ReadyAtMs" },
                filter: "\"ReadyAtMs\" IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_LinkWork_TargetId_Mailbox",
                table: "LinkWork",
                columns: new[] { "TargetId", "Mailbox" });

            migrationBuilder.CreateIndex(
                name: "IX_ListenerGroup_TargetId",
                table: "ListenerGroup",
                column: "TargetId");

            migrationBuilder.CreateIndex(
                name: "IX_ListenerMember_GroupId",
                table: "ListenerMember",
                column: "GroupId");

            migrationBuilder.CreateIndex(
                name: "IX_MeetingIdentity_ItemId",
                table: "MeetingIdentity",
                column: "ItemId");

            migrationBuilder.CreateIndex(
                name: "IX_Participation_UserId",
                table: "Participation",
                column: "UserId");

            migrationBuilder.CreateIndex(
                name: "IX_PendingDelete_ItemLinkId",
                table: "PendingDelete",
                column: "ItemLinkId");

            migrationBuilder.CreateIndex(
                name: "IX_PushToken_LinkId",
                table: "PushToken",
                column: "LinkId");

            migrationBuilder.CreateIndex(
                name: "IX_Resource_UserId",
                table: "Resource",
                column: "UserId",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ScheduleItem_OwnerId_StartUtc",
                table: "ScheduleItem",
                columns: new[] { "OwnerId", "StartUtc" });

            migrationBuilder.CreateIndex(
                name: "IX_ScheduleItem_StartUtc_Id",
                table: "ScheduleItem",
                columns: new[] { "StartUtc", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_SyncConflict_ItemId_At",
                table: "SyncConflict",
                columns: new[] { "ItemId", "At" });

            migrationBuilder.CreateIndex(
                name: "IX_SyncConflict_LinkId_At",
                table: "SyncConflict",
                columns: new[] { "LinkId", "At" });

            migrationBuilder.CreateIndex(
                name: "IX_SyncConflict_State_At",
                table: "SyncConflict",
                columns: new[] { "State", "At" });

            migrationBuilder.CreateIndex(
                name: "IX_SyncLink_TargetId_Mailbox",
                table: "SyncLink",
                columns: new[] { "TargetId", "Mailbox" });

            migrationBuilder.CreateIndex(
                name: "IX_SyncLink_UserId_Kind",
                table: "SyncLink",
                columns: new[] { "UserId", "Kind" });

            migrationBuilder.CreateIndex(
                name: "IX_SyncTarget_Name",
                table: "SyncTarget",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_TaskItem_OwnerId_DueDate",
                table: "TaskItem",
                columns: new[] { "OwnerId", "DueDate" });

            migrationBuilder.CreateIndex(
                name: "IX_Team_Name",
                table: "Team",
                column: "Name",
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Activity");

            migrationBuilder.DropTable(
                name: "ApiToken");

            migrationBuilder.DropTable(
                name: "AuditLog");

            migrationBuilder.DropTable(
                name: "ConsoleAccount");

            migrationBuilder.DropTable(
                name: "ContactCoverage");

            migrationBuilder.DropTable(
                name: "ContactItem");

            migrationBuilder.DropTable(
                name: "CrmUser");

            migrationBuilder.DropTable(
                name: "ExchangeSyncQueue");

            migrationBuilder.DropTable(
                name: "IdempotencyKey");

            migrationBuilder.DropTable(
                name: "Installation");

            migrationBuilder.DropTable(
                name: "ItemHistory");

            migrationBuilder.DropTable(
                name: "ItemIdentity");

            migrationBuilder.DropTable(
                name: "ItemLink");

            migrationBuilder.DropTable(
                name: "LinkInventory");

            migrationBuilder.DropTable(
                name: "LinkState");

            migrationBuilder.DropTable(
                name: "LinkWork");

            migrationBuilder.DropTable(
                name: "ListenerGroup");

            migrationBuilder.DropTable(
                name: "ListenerMember");

            migrationBuilder.DropTable(
                name: "MeetingIdentity");

            migrationBuilder.DropTable(
                name: "Occurrence");

            migrationBuilder.DropTable(
                name: "Participation");

            migrationBuilder.DropTable(
                name: "PendingDelete");

            migrationBuilder.DropTable(
                name: "PushToken");

            migrationBuilder.DropTable(
                name: "Resource");

            migrationBuilder.DropTable(
                name: "ScheduleItem");

            migrationBuilder.DropTable(
                name: "SetupLink");

            migrationBuilder.DropTable(
                name: "SyncConflict");

            migrationBuilder.DropTable(
                name: "SyncLink");

            migrationBuilder.DropTable(
                name: "SyncTarget");

            migrationBuilder.DropTable(
                name: "TaskItem");

            migrationBuilder.DropTable(
                name: "Team");

            migrationBuilder.DropTable(
                name: "WorkingHours");
        }
    }
}
