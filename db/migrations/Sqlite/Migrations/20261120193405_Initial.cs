using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CrmSync.Migrations.Sqlite.Migrations
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
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    LinkId = table.Column<Guid>(type: "TEXT", nullable: true),
                    ItemId = table.Column<Guid>(type: "TEXT", nullable: true),
                    At = table.Column<DateTime>(type: "TEXT", nullable: false),
                    Action = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    Reason = table.Column<string>(type: "TEXT", nullable: false),
                    Count = table.Column<int>(type: "INTEGER", nullable: false),
                    TraceId = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Activity", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ApiToken",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    Prefix = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    TokenHash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false, collation: "BINARY"),
                    CrmUserId = table.Column<Guid>(type: "TEXT", nullable: true),
                    Scopes = table.Column<string>(type: "TEXT", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    ExpiresAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    LastUsedAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    RevokedAt = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ApiToken", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "AuditLog",
                columns: table => new
                {
                    Number = table.Column<long>(type: "INTEGER", nullable: false),
                    At = table.Column<DateTime>(type: "TEXT", nullable: false),
                    Actor = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false),
                    Address = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    Action = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    Subject = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    Before = table.Column<string>(type: "TEXT", nullable: true),
                    After = table.Column<string>(type: "TEXT", nullable: true),
                    Hash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AuditLog", x => x.Number);
                });

            migrationBuilder.CreateTable(
                name: "ConsoleAccount",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    UserName = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    PasswordHash = table.Column<string>(type: "TEXT", nullable: false),
                    Role = table.Column<int>(type: "INTEGER", nullable: false),
                    CrmUserId = table.Column<Guid>(type: "TEXT", nullable: true),
                    IsDisabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    FailedSignIns = table.Column<int>(type: "INTEGER", nullable: false),
                    LockedUntil = table.Column<DateTime>(type: "TEXT", nullable: true),
                    SecurityStamp = table.Column<string>(type: "TEXT", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    LastSignInAt = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ConsoleAccount", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ContactCoverage",
                columns: table => new
                {
                    UserId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ContactId = table.Column<Guid>(type: "TEXT", nullable: false),
                    IsCovered = table.Column<bool>(type: "INTEGER", nullable: false),
                    IsOnSynchronizationList = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ContactCoverage", x => new { x.UserId, x.ContactId });
                });

            migrationBuilder.CreateTable(
                name: "ContactItem",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Version = table.Column<long>(type: "INTEGER", nullable: false),
                    OwnerId = table.Column<Guid>(type: "TEXT", nullable: true),
                    DisplayName = table.Column<string>(type: "TEXT", maxLength: 400, nullable: false),
                    Company = table.Column<string>(type: "TEXT", nullable: true),
                    JobTitle = table.Column<string>(type: "TEXT", nullable: true),
                    Details = table.Column<string>(type: "TEXT", nullable: false),
                    IsReadOnly = table.Column<bool>(type: "INTEGER", nullable: false),
                    IsDeleted = table.Column<bool>(type: "INTEGER", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    UpdatedBy = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ContactItem", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "CrmUser",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Version = table.Column<long>(type: "INTEGER", nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    DisplayName = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    Mail = table.Column<string>(type: "TEXT", maxLength: 320, nullable: false),
                    TimeZone = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    TeamId = table.Column<Guid>(type: "TEXT", nullable: true),
                    IsResource = table.Column<bool>(type: "INTEGER", nullable: false),
                    IsActive = table.Column<bool>(type: "INTEGER", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_CrmUser", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ExchangeSyncQueue",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Kind = table.Column<int>(type: "INTEGER", nullable: false),
                    LinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ItemId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Revision = table.Column<long>(type: "INTEGER", nullable: false),
                    Priority = table.Column<int>(type: "INTEGER", nullable: false),
                    State = table.Column<int>(type: "INTEGER", nullable: false),
                    Attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    NotBeforeMs = table.Column<long>(type: "INTEGER", nullable: false),
                    EnqueuedAtMs = table.Column<long>(type: "INTEGER", nullable: false),
                    Error = table.Column<string>(type: "TEXT", nullable: true),
                    ErrorCode = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    TraceId = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ExchangeSyncQueue", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "IdempotencyKey",
                columns: table => new
                {
                    Actor = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    Key = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false, collation: "BINARY"),
                    RequestHash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    Status = table.Column<int>(type: "INTEGER", nullable: false),
                    Body = table.Column<string>(type: "TEXT", nullable: true),
                    Location = table.Column<string>(type: "TEXT", nullable: true),
                    ETag = table.Column<string>(type: "TEXT", nullable: true),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_IdempotencyKey", x => new { x.Actor, x.Key });
                });

            migrationBuilder.CreateTable(
                name: "Installation",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false),
                    InstallId = table.Column<Guid>(type: "TEXT", nullable: false),
                    KeyCanary = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Installation", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ItemHistory",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    ItemId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Version = table.Column<long>(type: "INTEGER", nullable: false),
                    At = table.Column<DateTime>(type: "TEXT", nullable: false),
                    ReplacedBy = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false),
                    Reason = table.Column<string>(type: "TEXT", nullable: false),
                    Snapshot = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ItemHistory", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ItemIdentity",
                columns: table => new
                {
                    ItemLinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Slot = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    LinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Protocol = table.Column<string>(type: "TEXT", maxLength: 20, nullable: false),
                    IdFormat = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    ExchangeId = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: false, collation: "BINARY"),
                    IdHash = table.Column<long>(type: "INTEGER", nullable: false),
                    ChangeKey = table.Column<string>(type: "TEXT", maxLength: 512, nullable: false, collation: "BINARY"),
                    GlobalObjectId = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: true, collation: "BINARY"),
                    GlobalIdHash = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ItemIdentity", x => new { x.ItemLinkId, x.Slot });
                });

            migrationBuilder.CreateTable(
                name: "ItemLink",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    LinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ItemId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Kind = table.Column<int>(type: "INTEGER", nullable: false),
                    IsHome = table.Column<bool>(type: "INTEGER", nullable: false),
                    CrmVersion = table.Column<long>(type: "INTEGER", nullable: false),
                    BaseSnapshot = table.Column<string>(type: "TEXT", nullable: true),
                    MappingVersion = table.Column<int>(type: "INTEGER", nullable: false),
                    IntentId = table.Column<Guid>(type: "TEXT", nullable: true),
                    Attempt = table.Column<int>(type: "INTEGER", nullable: false),
                    ConfirmedAttempt = table.Column<int>(type: "INTEGER", nullable: true),
                    IntentState = table.Column<int>(type: "INTEGER", nullable: false),
                    SentAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    InviteState = table.Column<int>(type: "INTEGER", nullable: false),
                    Tombstone = table.Column<int>(type: "INTEGER", nullable: false),
                    SeenGeneration = table.Column<int>(type: "INTEGER", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ItemLink", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "LinkInventory",
                columns: table => new
                {
                    LinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    IdHash = table.Column<long>(type: "INTEGER", nullable: false),
                    ExchangeId = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: false, collation: "BINARY"),
                    ChangeKey = table.Column<string>(type: "TEXT", maxLength: 512, nullable: false, collation: "BINARY"),
                    GlobalObjectId = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: true, collation: "BINARY"),
                    IntentId = table.Column<Guid>(type: "TEXT", nullable: true),
                    Attempt = table.Column<int>(type: "INTEGER", nullable: true),
                    MatchHash = table.Column<long>(type: "INTEGER", nullable: true),
                    SkipReason = table.Column<string>(type: "TEXT", maxLength: 100, nullable: true),
                    Subject = table.Column<string>(type: "TEXT", nullable: true),
                    StartUtc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    SeenGeneration = table.Column<int>(type: "INTEGER", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LinkInventory", x => new { x.LinkId, x.IdHash, x.ExchangeId });
                });

            migrationBuilder.CreateTable(
                name: "LinkState",
                columns: table => new
                {
                    LinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ResolvedFolderId = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: true, collation: "BINARY"),
                    Cursor = table.Column<string>(type: "TEXT", nullable: true),
                    IsFullRead = table.Column<bool>(type: "INTEGER", nullable: false),
                    SweepGeneration = table.Column<int>(type: "INTEGER", nullable: false),
                    IsInventoryComplete = table.Column<bool>(type: "INTEGER", nullable: false),
                    MappingVersion = table.Column<int>(type: "INTEGER", nullable: false),
                    Health = table.Column<int>(type: "INTEGER", nullable: false),
                    LastError = table.Column<string>(type: "TEXT", nullable: true),
                    LastErrorCode = table.Column<string>(type: "TEXT", nullable: true),
                    LastErrorAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    LastInboundAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    LastOutboundAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    NotificationState = table.Column<string>(type: "TEXT", maxLength: 40, nullable: false),
                    SubscriptionId = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: true, collation: "BINARY"),
                    SubscriptionExpiresAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    NextPollAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    NextCheckUpAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    RenewAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    PausedBy = table.Column<string>(type: "TEXT", nullable: true),
                    PausedReason = table.Column<string>(type: "TEXT", nullable: true),
                    DeleteApprovalUntil = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LinkState", x => x.LinkId);
                });

            migrationBuilder.CreateTable(
                name: "LinkWork",
                columns: table => new
                {
                    LinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    TargetId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Mailbox = table.Column<string>(type: "TEXT", maxLength: 320, nullable: false),
                    ReadyAtMs = table.Column<long>(type: "INTEGER", nullable: true),
                    Priority = table.Column<int>(type: "INTEGER", nullable: false),
                    IsPaused = table.Column<bool>(type: "INTEGER", nullable: false),
                    Owner = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    Epoch = table.Column<long>(type: "INTEGER", nullable: false),
                    LeaseUntilMs = table.Column<long>(type: "INTEGER", nullable: true),
                    DeferredUntilMs = table.Column<long>(type: "INTEGER", nullable: true),
                    LastEndedAtMs = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_LinkWork", x => x.LinkId);
                });

            migrationBuilder.CreateTable(
                name: "ListenerGroup",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    TargetId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Owner = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true),
                    Epoch = table.Column<long>(type: "INTEGER", nullable: false),
                    LeaseUntilMs = table.Column<long>(type: "INTEGER", nullable: true),
                    State = table.Column<string>(type: "TEXT", nullable: true),
                    ConnectedAt = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ListenerGroup", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ListenerMember",
                columns: table => new
                {
                    LinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    GroupId = table.Column<Guid>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ListenerMember", x => x.LinkId);
                });

            migrationBuilder.CreateTable(
                name: "MeetingIdentity",
                columns: table => new
                {
                    TargetId = table.Column<Guid>(type: "TEXT", nullable: false),
                    GlobalObjectId = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: false, collation: "BINARY"),
                    ItemId = table.Column<Guid>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_MeetingIdentity", x => new { x.TargetId, x.GlobalObjectId });
                });

            migrationBuilder.CreateTable(
                name: "Occurrence",
                columns: table => new
                {
                    ItemId = table.Column<Guid>(type: "TEXT", nullable: false),
                    OriginalStartWall = table.Column<string>(type: "TEXT", maxLength: 19, nullable: false),
                    IsDeleted = table.Column<bool>(type: "INTEGER", nullable: false),
                    Overrides = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Occurrence", x => new { x.ItemId, x.OriginalStartWall });
                });

            migrationBuilder.CreateTable(
                name: "Participation",
                columns: table => new
                {
                    ItemId = table.Column<Guid>(type: "TEXT", nullable: false),
                    UserId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ShowAs = table.Column<int>(type: "INTEGER", nullable: false),
                    Sensitivity = table.Column<int>(type: "INTEGER", nullable: false),
                    Categories = table.Column<string>(type: "TEXT", nullable: false),
                    ReminderMinutes = table.Column<int>(type: "INTEGER", nullable: true),
                    Response = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Participation", x => new { x.ItemId, x.UserId });
                });

            migrationBuilder.CreateTable(
                name: "PendingDelete",
                columns: table => new
                {
                    LinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ItemLinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    State = table.Column<int>(type: "INTEGER", nullable: false),
                    FoundAt = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_PendingDelete", x => new { x.LinkId, x.ItemLinkId });
                });

            migrationBuilder.CreateTable(
                name: "PushToken",
                columns: table => new
                {
                    TokenHash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false, collation: "BINARY"),
                    LinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    SubscriptionId = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: true, collation: "BINARY"),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    LastHeardAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    RetiredAt = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_PushToken", x => x.TokenHash);
                });

            migrationBuilder.CreateTable(
                name: "Resource",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    UserId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    Capacity = table.Column<int>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Resource", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "ScheduleItem",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Version = table.Column<long>(type: "INTEGER", nullable: false),
                    OwnerId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Origin = table.Column<int>(type: "INTEGER", nullable: false),
                    Subject = table.Column<string>(type: "TEXT", nullable: false),
                    BodyFormat = table.Column<int>(type: "INTEGER", nullable: false),
                    Body = table.Column<string>(type: "TEXT", nullable: false),
                    StartUtc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    EndUtc = table.Column<DateTime>(type: "TEXT", nullable: false),
                    StartWall = table.Column<string>(type: "TEXT", maxLength: 19, nullable: false),
                    EndWall = table.Column<string>(type: "TEXT", maxLength: 19, nullable: false),
                    StartZone = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    EndZone = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    IsAllDay = table.Column<bool>(type: "INTEGER", nullable: false),
                    Location = table.Column<string>(type: "TEXT", nullable: false),
                    Importance = table.Column<int>(type: "INTEGER", nullable: false),
                    OrganizerAddress = table.Column<string>(type: "TEXT", maxLength: 320, nullable: true),
                    OrganizerName = table.Column<string>(type: "TEXT", nullable: true),
                    Attendees = table.Column<string>(type: "TEXT", nullable: false),
                    IsCancelled = table.Column<bool>(type: "INTEGER", nullable: false),
                    OnlineMeetingUrl = table.Column<string>(type: "TEXT", nullable: true),
                    Recurrence = table.Column<string>(type: "TEXT", nullable: true),
                    AuthorityLinkId = table.Column<Guid>(type: "TEXT", nullable: true),
                    AuthorityIsOrganizer = table.Column<bool>(type: "INTEGER", nullable: false),
                    IsDeleted = table.Column<bool>(type: "INTEGER", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    UpdatedBy = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ScheduleItem", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "SetupLink",
                columns: table => new
                {
                    TokenHash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false, collation: "BINARY"),
                    ExpiresAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    UsedAt = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SetupLink", x => x.TokenHash);
                });

            migrationBuilder.CreateTable(
                name: "SyncConflict",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    LinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ItemId = table.Column<Guid>(type: "TEXT", nullable: false),
                    At = table.Column<DateTime>(type: "TEXT", nullable: false),
                    Fields = table.Column<string>(type: "TEXT", nullable: false),
                    BaseValues = table.Column<string>(type: "TEXT", nullable: true),
                    CrmValues = table.Column<string>(type: "TEXT", nullable: false),
                    ExchangeValues = table.Column<string>(type: "TEXT", nullable: false),
                    State = table.Column<int>(type: "INTEGER", nullable: false),
                    Decision = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    DecidedBy = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SyncConflict", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "SyncLink",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Version = table.Column<long>(type: "INTEGER", nullable: false),
                    TargetId = table.Column<Guid>(type: "TEXT", nullable: false),
                    UserId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Mailbox = table.Column<string>(type: "TEXT", maxLength: 320, nullable: false),
                    FolderId = table.Column<string>(type: "TEXT", maxLength: 1024, nullable: true, collation: "BINARY"),
                    FolderName = table.Column<string>(type: "TEXT", nullable: false),
                    Kind = table.Column<int>(type: "INTEGER", nullable: false),
                    Direction = table.Column<int>(type: "INTEGER", nullable: false),
                    IsEnabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    IsHome = table.Column<bool>(type: "INTEGER", nullable: false),
                    DefaultZone = table.Column<string>(type: "TEXT", nullable: false),
                    MappingVersion = table.Column<int>(type: "INTEGER", nullable: false),
                    AcceptedShowAs = table.Column<string>(type: "TEXT", nullable: true),
                    AcceptedSensitivities = table.Column<string>(type: "TEXT", nullable: true),
                    WindowDaysBack = table.Column<int>(type: "INTEGER", nullable: true),
                    WindowDaysAhead = table.Column<int>(type: "INTEGER", nullable: true),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SyncLink", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "SyncTarget",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Version = table.Column<long>(type: "INTEGER", nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    Kind = table.Column<int>(type: "INTEGER", nullable: false),
                    IsEnabled = table.Column<bool>(type: "INTEGER", nullable: false),
                    Url = table.Column<string>(type: "TEXT", nullable: true),
                    ServerVersion = table.Column<string>(type: "TEXT", nullable: false),
                    Authentication = table.Column<int>(type: "INTEGER", nullable: false),
                    UserName = table.Column<string>(type: "TEXT", nullable: false),
                    SealedSecret = table.Column<string>(type: "TEXT", nullable: true),
                    OAuthAuthority = table.Column<string>(type: "TEXT", nullable: true),
                    OAuthScope = table.Column<string>(type: "TEXT", nullable: true),
                    Access = table.Column<int>(type: "INTEGER", nullable: false),
                    Tls = table.Column<int>(type: "INTEGER", nullable: false),
                    TrustedCertificatePem = table.Column<string>(type: "TEXT", nullable: true),
                    IsOnPremises = table.Column<bool>(type: "INTEGER", nullable: false),
                    Notifications = table.Column<int>(type: "INTEGER", nullable: false),
                    PublicUrl = table.Column<string>(type: "TEXT", nullable: true),
                    PollIntervalSeconds = table.Column<int>(type: "INTEGER", nullable: false),
                    CheckUpIntervalMinutes = table.Column<int>(type: "INTEGER", nullable: false),
                    RenewalMarginSeconds = table.Column<int>(type: "INTEGER", nullable: false),
                    ScheduleDirection = table.Column<int>(type: "INTEGER", nullable: false),
                    TaskDirection = table.Column<int>(type: "INTEGER", nullable: false),
                    ContactDirection = table.Column<int>(type: "INTEGER", nullable: false),
                    ConflictPolicy = table.Column<int>(type: "INTEGER", nullable: false),
                    MailPolicy = table.Column<int>(type: "INTEGER", nullable: false),
                    MaxConnections = table.Column<int>(type: "INTEGER", nullable: false),
                    MaxRequestsPerMailbox = table.Column<int>(type: "INTEGER", nullable: false),
                    RequestTimeoutSeconds = table.Column<int>(type: "INTEGER", nullable: false),
                    DeleteGuardPercent = table.Column<int>(type: "INTEGER", nullable: false),
                    DeleteGuardMinimum = table.Column<int>(type: "INTEGER", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SyncTarget", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "TaskItem",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Version = table.Column<long>(type: "INTEGER", nullable: false),
                    OwnerId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Subject = table.Column<string>(type: "TEXT", nullable: false),
                    BodyFormat = table.Column<int>(type: "INTEGER", nullable: false),
                    Body = table.Column<string>(type: "TEXT", nullable: false),
                    StartDate = table.Column<string>(type: "TEXT", maxLength: 10, nullable: true),
                    DueDate = table.Column<string>(type: "TEXT", maxLength: 10, nullable: true),
                    Status = table.Column<int>(type: "INTEGER", nullable: false),
                    PercentComplete = table.Column<int>(type: "INTEGER", nullable: false),
                    CompletedDate = table.Column<string>(type: "TEXT", maxLength: 10, nullable: true),
                    Importance = table.Column<int>(type: "INTEGER", nullable: false),
                    ReminderUtc = table.Column<DateTime>(type: "TEXT", nullable: true),
                    Sensitivity = table.Column<int>(type: "INTEGER", nullable: false),
                    Categories = table.Column<string>(type: "TEXT", nullable: false),
                    Recurrence = table.Column<string>(type: "TEXT", nullable: true),
                    IsDeleted = table.Column<bool>(type: "INTEGER", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    UpdatedBy = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_TaskItem", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "Team",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Team", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "WorkingHours",
                columns: table => new
                {
                    UserId = table.Column<Guid>(type: "TEXT", nullable: false),
                    DayOfWeek = table.Column<int>(type: "INTEGER", nullable: false),
                    StartMinute = table.Column<int>(type: "INTEGER", nullable: false),
                    EndMinute = table.Column<int>(type: "INTEGER", nullable: false)
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
