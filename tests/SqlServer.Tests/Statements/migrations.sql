IF OBJECT_ID(N'[__EFMigrationsHistory]') IS NULL
BEGIN
    CREATE TABLE [__EFMigrationsHistory] (
        [MigrationId] nvarchar(150) NOT NULL,
        [ProductVersion] nvarchar(32) NOT NULL,
        CONSTRAINT [PK___EFMigrationsHistory] PRIMARY KEY ([MigrationId])
    );
END;
GO

BEGIN TRANSACTION;
IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [Activity] (
        [Id] uniqueidentifier NOT NULL,
        [LinkId] uniqueidentifier NULL,
        [ItemId] uniqueidentifier NULL,
        [At] datetime2 NOT NULL,
        [Action] nvarchar(100) NOT NULL,
        [Reason] nvarchar(max) NOT NULL,
        [Count] int NOT NULL,
        [TraceId] nvarchar(100) NULL,
        CONSTRAINT [PK_Activity] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [ApiToken] (
        [Id] uniqueidentifier NOT NULL,
        [Name] nvarchar(200) NOT NULL,
        [Prefix] nvarchar(40) NOT NULL,
        [TokenHash] varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
        [CrmUserId] uniqueidentifier NULL,
        [Scopes] nvarchar(max) NOT NULL,
        [CreatedAt] datetime2 NOT NULL,
        [ExpiresAt] datetime2 NULL,
        [LastUsedAt] datetime2 NULL,
        [RevokedAt] datetime2 NULL,
        CONSTRAINT [PK_ApiToken] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [AuditLog] (
        [Number] bigint NOT NULL,
        [At] datetime2 NOT NULL,
        [Actor] nvarchar(300) NOT NULL,
        [Address] nvarchar(100) NULL,
        [Action] nvarchar(100) NOT NULL,
        [Subject] nvarchar(400) NOT NULL,
        [Before] nvarchar(max) NULL,
        [After] nvarchar(max) NULL,
        [Hash] nvarchar(64) NOT NULL,
        CONSTRAINT [PK_AuditLog] PRIMARY KEY ([Number])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [ConsoleAccount] (
        [Id] uniqueidentifier NOT NULL,
        [UserName] nvarchar(200) NOT NULL,
        [PasswordHash] nvarchar(max) NOT NULL,
        [Role] int NOT NULL,
        [CrmUserId] uniqueidentifier NULL,
        [IsDisabled] bit NOT NULL,
        [FailedSignIns] int NOT NULL,
        [LockedUntil] datetime2 NULL,
        [SecurityStamp] nvarchar(max) NOT NULL,
        [CreatedAt] datetime2 NOT NULL,
        [LastSignInAt] datetime2 NULL,
        CONSTRAINT [PK_ConsoleAccount] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [ContactCoverage] (
        [UserId] uniqueidentifier NOT NULL,
        [ContactId] uniqueidentifier NOT NULL,
        [IsCovered] bit NOT NULL,
        [IsOnSynchronizationList] bit NOT NULL,
        CONSTRAINT [PK_ContactCoverage] PRIMARY KEY ([UserId], [ContactId])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [ContactItem] (
        [Id] uniqueidentifier NOT NULL,
        [Version] bigint NOT NULL,
        [OwnerId] uniqueidentifier NULL,
        [DisplayName] nvarchar(400) NOT NULL,
        [Company] nvarchar(max) NULL,
        [JobTitle] nvarchar(max) NULL,
        [Details] nvarchar(max) NOT NULL,
        [IsReadOnly] bit NOT NULL,
        [IsDeleted] bit NOT NULL,
        [CreatedAt] datetime2 NOT NULL,
        [UpdatedAt] datetime2 NOT NULL,
        [UpdatedBy] nvarchar(300) NOT NULL,
        CONSTRAINT [PK_ContactItem] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [CrmUser] (
        [Id] uniqueidentifier NOT NULL,
        [Version] bigint NOT NULL,
        [Name] nvarchar(100) NOT NULL,
        [DisplayName] nvarchar(200) NOT NULL,
        [Mail] nvarchar(320) NOT NULL,
        [TimeZone] nvarchar(200) NOT NULL,
        [TeamId] uniqueidentifier NULL,
        [IsResource] bit NOT NULL,
        [IsActive] bit NOT NULL,
        [CreatedAt] datetime2 NOT NULL,
        [UpdatedAt] datetime2 NOT NULL,
        CONSTRAINT [PK_CrmUser] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [ExchangeSyncQueue] (
        [Id] uniqueidentifier NOT NULL,
        [Kind] int NOT NULL,
        [LinkId] uniqueidentifier NOT NULL,
        [ItemId] uniqueidentifier NOT NULL,
        [Revision] bigint NOT NULL,
        [Priority] int NOT NULL,
        [State] int NOT NULL,
        [Attempts] int NOT NULL,
        [NotBeforeMs] bigint NOT NULL,
        [EnqueuedAtMs] bigint NOT NULL,
        [Error] nvarchar(max) NULL,
        [ErrorCode] nvarchar(200) NULL,
        [TraceId] nvarchar(100) NULL,
        CONSTRAINT [PK_ExchangeSyncQueue] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [IdempotencyKey] (
        [Actor] nvarchar(200) NOT NULL,
        [Key] varchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
        [RequestHash] nvarchar(64) NOT NULL,
        [Status] int NOT NULL,
        [Body] nvarchar(max) NULL,
        [Location] nvarchar(max) NULL,
        [ETag] nvarchar(max) NULL,
        [CreatedAt] datetime2 NOT NULL,
        CONSTRAINT [PK_IdempotencyKey] PRIMARY KEY ([Actor], [Key])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [Installation] (
        [Id] int NOT NULL,
        [InstallId] uniqueidentifier NOT NULL,
        [KeyCanary] nvarchar(max) NULL,
        CONSTRAINT [PK_Installation] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [ItemHistory] (
        [Id] uniqueidentifier NOT NULL,
        [ItemId] uniqueidentifier NOT NULL,
        [Version] bigint NOT NULL,
        [At] datetime2 NOT NULL,
        [ReplacedBy] nvarchar(300) NOT NULL,
        [Reason] nvarchar(max) NOT NULL,
        [Snapshot] nvarchar(max) NOT NULL,
        CONSTRAINT [PK_ItemHistory] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [ItemIdentity] (
        [ItemLinkId] uniqueidentifier NOT NULL,
        [Slot] nvarchar(40) NOT NULL,
        [LinkId] uniqueidentifier NOT NULL,
        [Protocol] nvarchar(20) NOT NULL,
        [IdFormat] nvarchar(40) NOT NULL,
        [ExchangeId] varchar(1024) COLLATE Latin1_General_100_BIN2 NOT NULL,
        [IdHash] bigint NOT NULL,
        [ChangeKey] varchar(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
        [GlobalObjectId] varchar(1024) COLLATE Latin1_General_100_BIN2 NULL,
        [GlobalIdHash] bigint NULL,
        CONSTRAINT [PK_ItemIdentity] PRIMARY KEY ([ItemLinkId], [Slot])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [ItemLink] (
        [Id] uniqueidentifier NOT NULL,
        [LinkId] uniqueidentifier NOT NULL,
        [ItemId] uniqueidentifier NOT NULL,
        [Kind] int NOT NULL,
        [IsHome] bit NOT NULL,
        [CrmVersion] bigint NOT NULL,
        [BaseSnapshot] nvarchar(max) NULL,
        [MappingVersion] int NOT NULL,
        [IntentId] uniqueidentifier NULL,
        [Attempt] int NOT NULL,
        [ConfirmedAttempt] int NULL,
        [IntentState] int NOT NULL,
        [SentAt] datetime2 NULL,
        [InviteState] int NOT NULL,
        [Tombstone] int NOT NULL,
        [SeenGeneration] int NOT NULL,
        [UpdatedAt] datetime2 NOT NULL,
        CONSTRAINT [PK_ItemLink] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [LinkInventory] (
        [LinkId] uniqueidentifier NOT NULL,
        [IdHash] bigint NOT NULL,
        [ExchangeId] varchar(1024) COLLATE Latin1_General_100_BIN2 NOT NULL,
        [ChangeKey] varchar(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
        [GlobalObjectId] varchar(1024) COLLATE Latin1_General_100_BIN2 NULL,
        [IntentId] uniqueidentifier NULL,
        [Attempt] int NULL,
        [MatchHash] bigint NULL,
        [SkipReason] nvarchar(100) NULL,
        [Subject] nvarchar(max) NULL,
        [StartUtc] datetime2 NULL,
        [SeenGeneration] int NOT NULL,
        [UpdatedAt] datetime2 NOT NULL,
        CONSTRAINT [PK_LinkInventory] PRIMARY KEY NONCLUSTERED ([LinkId], [IdHash], [ExchangeId])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [LinkState] (
        [LinkId] uniqueidentifier NOT NULL,
        [ResolvedFolderId] varchar(1024) COLLATE Latin1_General_100_BIN2 NULL,
        [Cursor] nvarchar(max) NULL,
        [IsFullRead] bit NOT NULL,
        [SweepGeneration] int NOT NULL,
        [IsInventoryComplete] bit NOT NULL,
        [MappingVersion] int NOT NULL,
        [Health] int NOT NULL,
        [LastError] nvarchar(max) NULL,
        [LastErrorCode] nvarchar(max) NULL,
        [LastErrorAt] datetime2 NULL,
        [LastInboundAt] datetime2 NULL,
        [LastOutboundAt] datetime2 NULL,
        [NotificationState] nvarchar(40) NOT NULL,
        [SubscriptionId] varchar(1024) COLLATE Latin1_General_100_BIN2 NULL,
        [SubscriptionExpiresAt] datetime2 NULL,
        [NextPollAt] datetime2 NULL,
        [NextCheckUpAt] datetime2 NULL,
        [RenewAt] datetime2 NULL,
        [PausedBy] nvarchar(max) NULL,
        [PausedReason] nvarchar(max) NULL,
        [DeleteApprovalUntil] datetime2 NULL,
        CONSTRAINT [PK_LinkState] PRIMARY KEY ([LinkId])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [LinkWork] (
        [LinkId] uniqueidentifier NOT NULL,
        [TargetId] uniqueidentifier NOT NULL,
        [Mailbox] nvarchar(320) NOT NULL,
        [ReadyAtMs] bigint NULL,
        [Priority] int NOT NULL,
        [IsPaused] bit NOT NULL,
        [Owner] nvarchar(200) NULL,
        [Epoch] bigint NOT NULL,
        [LeaseUntilMs] bigint NULL,
        [DeferredUntilMs] bigint NULL,
        [LastEndedAtMs] bigint NULL,
        CONSTRAINT [PK_LinkWork] PRIMARY KEY ([LinkId])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [ListenerGroup] (
        [Id] uniqueidentifier NOT NULL,
        [TargetId] uniqueidentifier NOT NULL,
        [Owner] nvarchar(200) NULL,
        [Epoch] bigint NOT NULL,
        [LeaseUntilMs] bigint NULL,
        [State] nvarchar(max) NULL,
        [ConnectedAt] datetime2 NULL,
        CONSTRAINT [PK_ListenerGroup] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [ListenerMember] (
        [LinkId] uniqueidentifier NOT NULL,
        [GroupId] uniqueidentifier NOT NULL,
        CONSTRAINT [PK_ListenerMember] PRIMARY KEY ([LinkId])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [MeetingIdentity] (
        [TargetId] uniqueidentifier NOT NULL,
        [GlobalObjectId] varchar(1024) COLLATE Latin1_General_100_BIN2 NOT NULL,
        [ItemId] uniqueidentifier NOT NULL,
        CONSTRAINT [PK_MeetingIdentity] PRIMARY KEY NONCLUSTERED ([TargetId], [GlobalObjectId])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [Occurrence] (
        [ItemId] uniqueidentifier NOT NULL,
        [OriginalStartWall] nvarchar(19) NOT NULL,
        [IsDeleted] bit NOT NULL,
        [Overrides] nvarchar(max) NOT NULL,
        CONSTRAINT [PK_Occurrence] PRIMARY KEY ([ItemId], [OriginalStartWall])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [Participation] (
        [ItemId] uniqueidentifier NOT NULL,
        [UserId] uniqueidentifier NOT NULL,
        [ShowAs] int NOT NULL,
        [Sensitivity] int NOT NULL,
        [Categories] nvarchar(max) NOT NULL,
        [ReminderMinutes] int NULL,
        [Response] int NOT NULL,
        CONSTRAINT [PK_Participation] PRIMARY KEY ([ItemId], [UserId])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [PendingDelete] (
        [LinkId] uniqueidentifier NOT NULL,
        [ItemLinkId] uniqueidentifier NOT NULL,
        [State] int NOT NULL,
        [FoundAt] datetime2 NOT NULL,
        CONSTRAINT [PK_PendingDelete] PRIMARY KEY ([LinkId], [ItemLinkId])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [PushToken] (
        [TokenHash] varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
        [LinkId] uniqueidentifier NOT NULL,
        [SubscriptionId] varchar(1024) COLLATE Latin1_General_100_BIN2 NULL,
        [CreatedAt] datetime2 NOT NULL,
        [LastHeardAt] datetime2 NULL,
        [RetiredAt] datetime2 NULL,
        CONSTRAINT [PK_PushToken] PRIMARY KEY ([TokenHash])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [Resource] (
        [Id] uniqueidentifier NOT NULL,
        [UserId] uniqueidentifier NOT NULL,
        [Name] nvarchar(200) NOT NULL,
        [Capacity] int NULL,
        CONSTRAINT [PK_Resource] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [ScheduleItem] (
        [Id] uniqueidentifier NOT NULL,
        [Version] bigint NOT NULL,
        [OwnerId] uniqueidentifier NOT NULL,
        [Origin] int NOT NULL,
        [Subject] nvarchar(max) NOT NULL,
        [BodyFormat] int NOT NULL,
        [Body] nvarchar(max) NOT NULL,
        [StartUtc] datetime2 NOT NULL,
        [EndUtc] datetime2 NOT NULL,
        [StartWall] nvarchar(19) NOT NULL,
        [EndWall] nvarchar(19) NOT NULL,
        [StartZone] nvarchar(200) NOT NULL,
        [EndZone] nvarchar(200) NOT NULL,
        [IsAllDay] bit NOT NULL,
        [Location] nvarchar(max) NOT NULL,
        [Importance] int NOT NULL,
        [OrganizerAddress] nvarchar(320) NULL,
        [OrganizerName] nvarchar(max) NULL,
        [Attendees] nvarchar(max) NOT NULL,
        [IsCancelled] bit NOT NULL,
        [OnlineMeetingUrl] nvarchar(max) NULL,
        [Recurrence] nvarchar(max) NULL,
        [AuthorityLinkId] uniqueidentifier NULL,
        [AuthorityIsOrganizer] bit NOT NULL,
        [IsDeleted] bit NOT NULL,
        [CreatedAt] datetime2 NOT NULL,
        [UpdatedAt] datetime2 NOT NULL,
        [UpdatedBy] nvarchar(300) NOT NULL,
        CONSTRAINT [PK_ScheduleItem] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [SetupLink] (
        [TokenHash] varchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
        [ExpiresAt] datetime2 NOT NULL,
        [UsedAt] datetime2 NULL,
        CONSTRAINT [PK_SetupLink] PRIMARY KEY ([TokenHash])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [SyncConflict] (
        [Id] uniqueidentifier NOT NULL,
        [LinkId] uniqueidentifier NOT NULL,
        [ItemId] uniqueidentifier NOT NULL,
        [At] datetime2 NOT NULL,
        [Fields] nvarchar(max) NOT NULL,
        [BaseValues] nvarchar(max) NULL,
        [CrmValues] nvarchar(max) NOT NULL,
        [ExchangeValues] nvarchar(max) NOT NULL,
        [State] int NOT NULL,
        [Decision] nvarchar(100) NOT NULL,
        [DecidedBy] nvarchar(300) NOT NULL,
        CONSTRAINT [PK_SyncConflict] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [SyncLink] (
        [Id] uniqueidentifier NOT NULL,
        [Version] bigint NOT NULL,
        [TargetId] uniqueidentifier NOT NULL,
        [UserId] uniqueidentifier NOT NULL,
        [Mailbox] nvarchar(320) NOT NULL,
        [FolderId] varchar(1024) COLLATE Latin1_General_100_BIN2 NULL,
        [FolderName] nvarchar(max) NOT NULL,
        [Kind] int NOT NULL,
        [Direction] int NOT NULL,
        [IsEnabled] bit NOT NULL,
        [IsHome] bit NOT NULL,
        [DefaultZone] nvarchar(max) NOT NULL,
        [MappingVersion] int NOT NULL,
        [AcceptedShowAs] nvarchar(max) NULL,
        [AcceptedSensitivities] nvarchar(max) NULL,
        [WindowDaysBack] int NULL,
        [WindowDaysAhead] int NULL,
        [CreatedAt] datetime2 NOT NULL,
        [UpdatedAt] datetime2 NOT NULL,
        CONSTRAINT [PK_SyncLink] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [SyncTarget] (
        [Id] uniqueidentifier NOT NULL,
        [Version] bigint NOT NULL,
        [Name] nvarchar(200) NOT NULL,
        [Kind] int NOT NULL,
        [IsEnabled] bit NOT NULL,
        [Url] nvarchar(max) NULL,
        [ServerVersion] nvarchar(max) NOT NULL,
        [Authentication] int NOT NULL,
        [UserName] nvarchar(max) NOT NULL,
        [SealedSecret] nvarchar(max) NULL,
        [OAuthAuthority] nvarchar(max) NULL,
        [OAuthScope] nvarchar(max) NULL,
        [Access] int NOT NULL,
        [Tls] int NOT NULL,
        [TrustedCertificatePem] nvarchar(max) NULL,
        [IsOnPremises] bit NOT NULL,
        [Notifications] int NOT NULL,
        [PublicUrl] nvarchar(max) NULL,
        [PollIntervalSeconds] int NOT NULL,
        [CheckUpIntervalMinutes] int NOT NULL,
        [RenewalMarginSeconds] int NOT NULL,
        [ScheduleDirection] int NOT NULL,
        [TaskDirection] int NOT NULL,
        [ContactDirection] int NOT NULL,
        [ConflictPolicy] int NOT NULL,
        [MailPolicy] int NOT NULL,
        [MaxConnections] int NOT NULL,
        [MaxRequestsPerMailbox] int NOT NULL,
        [RequestTimeoutSeconds] int NOT NULL,
        [DeleteGuardPercent] int NOT NULL,
        [DeleteGuardMinimum] int NOT NULL,
        [CreatedAt] datetime2 NOT NULL,
        [UpdatedAt] datetime2 NOT NULL,
        CONSTRAINT [PK_SyncTarget] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [TaskItem] (
        [Id] uniqueidentifier NOT NULL,
        [Version] bigint NOT NULL,
        [OwnerId] uniqueidentifier NOT NULL,
        [Subject] nvarchar(max) NOT NULL,
        [BodyFormat] int NOT NULL,
        [Body] nvarchar(max) NOT NULL,
        [StartDate] nvarchar(10) NULL,
        [DueDate] nvarchar(10) NULL,
        [Status] int NOT NULL,
        [PercentComplete] int NOT NULL,
        [CompletedDate] nvarchar(10) NULL,
        [Importance] int NOT NULL,
        [ReminderUtc] datetime2 NULL,
        [Sensitivity] int NOT NULL,
        [Categories] nvarchar(max) NOT NULL,
        [Recurrence] nvarchar(max) NULL,
        [IsDeleted] bit NOT NULL,
        [CreatedAt] datetime2 NOT NULL,
        [UpdatedAt] datetime2 NOT NULL,
        [UpdatedBy] nvarchar(300) NOT NULL,
        CONSTRAINT [PK_TaskItem] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [Team] (
        [Id] uniqueidentifier NOT NULL,
        [Name] nvarchar(200) NOT NULL,
        CONSTRAINT [PK_Team] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE TABLE [WorkingHours] (
        [UserId] uniqueidentifier NOT NULL,
        [DayOfWeek] int NOT NULL,
        [StartMinute] int NOT NULL,
        [EndMinute] int NOT NULL,
        CONSTRAINT [PK_WorkingHours] PRIMARY KEY ([UserId], [DayOfWeek], [StartMinute])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_Activity_At] ON [Activity] ([At]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_Activity_ItemId_At] ON [Activity] ([ItemId], [At]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_Activity_LinkId_At] ON [Activity] ([LinkId], [At]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE UNIQUE INDEX [IX_ApiToken_Prefix] ON [ApiToken] ([Prefix]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_AuditLog_At] ON [AuditLog] ([At]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE UNIQUE INDEX [IX_ConsoleAccount_UserName] ON [ConsoleAccount] ([UserName]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ContactCoverage_ContactId] ON [ContactCoverage] ([ContactId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ContactItem_DisplayName] ON [ContactItem] ([DisplayName]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ContactItem_OwnerId] ON [ContactItem] ([OwnerId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_CrmUser_Mail] ON [CrmUser] ([Mail]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE UNIQUE INDEX [IX_CrmUser_Name] ON [CrmUser] ([Name]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ExchangeSyncQueue_ItemId] ON [ExchangeSyncQueue] ([ItemId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE UNIQUE INDEX [IX_ExchangeSyncQueue_LinkId_Kind_ItemId] ON [ExchangeSyncQueue] ([LinkId], [Kind], [ItemId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ExchangeSyncQueue_LinkId_State_NotBeforeMs] ON [ExchangeSyncQueue] ([LinkId], [State], [NotBeforeMs]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ExchangeSyncQueue_State_Kind] ON [ExchangeSyncQueue] ([State], [Kind]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_IdempotencyKey_CreatedAt] ON [IdempotencyKey] ([CreatedAt]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ItemHistory_ItemId_Version] ON [ItemHistory] ([ItemId], [Version]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ItemIdentity_GlobalIdHash] ON [ItemIdentity] ([GlobalIdHash]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ItemIdentity_LinkId_IdHash] ON [ItemIdentity] ([LinkId], [IdHash]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ItemLink_IntentId] ON [ItemLink] ([IntentId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ItemLink_ItemId] ON [ItemLink] ([ItemId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE UNIQUE INDEX [IX_ItemLink_LinkId_ItemId] ON [ItemLink] ([LinkId], [ItemId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ItemLink_LinkId_SeenGeneration] ON [ItemLink] ([LinkId], [SeenGeneration]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_LinkInventory_LinkId_MatchHash] ON [LinkInventory] ([LinkId], [MatchHash]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_LinkInventory_LinkId_SkipReason] ON [LinkInventory] ([LinkId], [SkipReason]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_LinkState_Health] ON [LinkState] ([Health]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_LinkState_NextCheckUpAt] ON [LinkState] ([NextCheckUpAt]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_LinkState_NextPollAt] ON [LinkState] ([NextPollAt]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_LinkState_RenewAt] ON [LinkState] ([RenewAt]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    EXEC(N'CREATE INDEX [IX_LinkWork_IsPaused_Priority_ReadyAtMs] ON [LinkWork] ([IsPaused], [Priority], [ReadyAtMs]) WHERE "ReadyAtMs" IS NOT NULL');
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_LinkWork_TargetId_Mailbox] ON [LinkWork] ([TargetId], [Mailbox]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ListenerGroup_TargetId] ON [ListenerGroup] ([TargetId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ListenerMember_GroupId] ON [ListenerMember] ([GroupId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_MeetingIdentity_ItemId] ON [MeetingIdentity] ([ItemId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_Participation_UserId] ON [Participation] ([UserId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_PendingDelete_ItemLinkId] ON [PendingDelete] ([ItemLinkId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_PushToken_LinkId] ON [PushToken] ([LinkId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE UNIQUE INDEX [IX_Resource_UserId] ON [Resource] ([UserId]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ScheduleItem_OwnerId_StartUtc] ON [ScheduleItem] ([OwnerId], [StartUtc]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_ScheduleItem_StartUtc_Id] ON [ScheduleItem] ([StartUtc], [Id]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_SyncConflict_ItemId_At] ON [SyncConflict] ([ItemId], [At]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_SyncConflict_LinkId_At] ON [SyncConflict] ([LinkId], [At]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_SyncConflict_State_At] ON [SyncConflict] ([State], [At]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_SyncLink_TargetId_Mailbox] ON [SyncLink] ([TargetId], [Mailbox]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_SyncLink_UserId_Kind] ON [SyncLink] ([UserId], [Kind]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE UNIQUE INDEX [IX_SyncTarget_Name] ON [SyncTarget] ([Name]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE INDEX [IX_TaskItem_OwnerId_DueDate] ON [TaskItem] ([OwnerId], [DueDate]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    CREATE UNIQUE INDEX [IX_Team_Name] ON [Team] ([Name]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120193415_Initial'
)
BEGIN
    INSERT INTO [__EFMigrationsHistory] ([MigrationId], [ProductVersion])
    VALUES (N'20261120193415_Initial', N'10.0.14');
END;

COMMIT;
GO

BEGIN TRANSACTION;
IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120203011_LinkFailures'
)
BEGIN
    ALTER TABLE [LinkState] ADD [Failures] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120203011_LinkFailures'
)
BEGIN
    INSERT INTO [__EFMigrationsHistory] ([MigrationId], [ProductVersion])
    VALUES (N'20261120203011_LinkFailures', N'10.0.14');
END;

COMMIT;
GO

BEGIN TRANSACTION;
IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120221349_TextsOfExchange'
)
BEGIN
    DECLARE @var nvarchar(max);
    SELECT @var = QUOTENAME([d].[name])
    FROM [sys].[default_constraints] [d]
    INNER JOIN [sys].[columns] [c] ON [d].[parent_column_id] = [c].[column_id] AND [d].[parent_object_id] = [c].[object_id]
    WHERE ([d].[parent_object_id] = OBJECT_ID(N'[ScheduleItem]') AND [c].[name] = N'StartZone');
    IF @var IS NOT NULL EXEC(N'ALTER TABLE [ScheduleItem] DROP CONSTRAINT ' + @var + ';');
    ALTER TABLE [ScheduleItem] ALTER COLUMN [StartZone] nvarchar(max) NOT NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120221349_TextsOfExchange'
)
BEGIN
    DECLARE @var1 nvarchar(max);
    SELECT @var1 = QUOTENAME([d].[name])
    FROM [sys].[default_constraints] [d]
    INNER JOIN [sys].[columns] [c] ON [d].[parent_column_id] = [c].[column_id] AND [d].[parent_object_id] = [c].[object_id]
    WHERE ([d].[parent_object_id] = OBJECT_ID(N'[ScheduleItem]') AND [c].[name] = N'OrganizerAddress');
    IF @var1 IS NOT NULL EXEC(N'ALTER TABLE [ScheduleItem] DROP CONSTRAINT ' + @var1 + ';');
    ALTER TABLE [ScheduleItem] ALTER COLUMN [OrganizerAddress] nvarchar(max) NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120221349_TextsOfExchange'
)
BEGIN
    DECLARE @var2 nvarchar(max);
    SELECT @var2 = QUOTENAME([d].[name])
    FROM [sys].[default_constraints] [d]
    INNER JOIN [sys].[columns] [c] ON [d].[parent_column_id] = [c].[column_id] AND [d].[parent_object_id] = [c].[object_id]
    WHERE ([d].[parent_object_id] = OBJECT_ID(N'[ScheduleItem]') AND [c].[name] = N'EndZone');
    IF @var2 IS NOT NULL EXEC(N'ALTER TABLE [ScheduleItem] DROP CONSTRAINT ' + @var2 + ';');
    ALTER TABLE [ScheduleItem] ALTER COLUMN [EndZone] nvarchar(max) NOT NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120221349_TextsOfExchange'
)
BEGIN
    DECLARE @var3 nvarchar(max);
    SELECT @var3 = QUOTENAME([d].[name])
    FROM [sys].[default_constraints] [d]
    INNER JOIN [sys].[columns] [c] ON [d].[parent_column_id] = [c].[column_id] AND [d].[parent_object_id] = [c].[object_id]
    WHERE ([d].[parent_object_id] = OBJECT_ID(N'[LinkState]') AND [c].[name] = N'NotificationState');
    IF @var3 IS NOT NULL EXEC(N'ALTER TABLE [LinkState] DROP CONSTRAINT ' + @var3 + ';');
    ALTER TABLE [LinkState] ALTER COLUMN [NotificationState] nvarchar(500) NOT NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120221349_TextsOfExchange'
)
BEGIN
    DECLARE @var4 nvarchar(max);
    SELECT @var4 = QUOTENAME([d].[name])
    FROM [sys].[default_constraints] [d]
    INNER JOIN [sys].[columns] [c] ON [d].[parent_column_id] = [c].[column_id] AND [d].[parent_object_id] = [c].[object_id]
    WHERE ([d].[parent_object_id] = OBJECT_ID(N'[ExchangeSyncQueue]') AND [c].[name] = N'ErrorCode');
    IF @var4 IS NOT NULL EXEC(N'ALTER TABLE [ExchangeSyncQueue] DROP CONSTRAINT ' + @var4 + ';');
    ALTER TABLE [ExchangeSyncQueue] ALTER COLUMN [ErrorCode] nvarchar(max) NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120221349_TextsOfExchange'
)
BEGIN
    INSERT INTO [__EFMigrationsHistory] ([MigrationId], [ProductVersion])
    VALUES (N'20261120221349_TextsOfExchange', N'10.0.14');
END;

COMMIT;
GO

BEGIN TRANSACTION;
IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120223727_Policies'
)
BEGIN
    ALTER TABLE [SyncTarget] ADD [DeletePolicy] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120223727_Policies'
)
BEGIN
    ALTER TABLE [SyncTarget] ADD [FieldPolicies] nvarchar(max) NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120223727_Policies'
)
BEGIN
    DECLARE @var5 nvarchar(max);
    SELECT @var5 = QUOTENAME([d].[name])
    FROM [sys].[default_constraints] [d]
    INNER JOIN [sys].[columns] [c] ON [d].[parent_column_id] = [c].[column_id] AND [d].[parent_object_id] = [c].[object_id]
    WHERE ([d].[parent_object_id] = OBJECT_ID(N'[SyncConflict]') AND [c].[name] = N'Decision');
    IF @var5 IS NOT NULL EXEC(N'ALTER TABLE [SyncConflict] DROP CONSTRAINT ' + @var5 + ';');
    ALTER TABLE [SyncConflict] ALTER COLUMN [Decision] nvarchar(1000) NOT NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120223727_Policies'
)
BEGIN
    ALTER TABLE [SyncConflict] ADD [CrmWon] nvarchar(max) NOT NULL DEFAULT N'';
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120223727_Policies'
)
BEGIN
    ALTER TABLE [SyncConflict] ADD [DecidedAt] datetime2 NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120223727_Policies'
)
BEGIN
    ALTER TABLE [SyncConflict] ADD [Kind] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120223727_Policies'
)
BEGIN
    ALTER TABLE [ItemLink] ADD [Contested] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120223727_Policies'
)
BEGIN
    ALTER TABLE [ItemLink] ADD [OpenConflictId] uniqueidentifier NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120223727_Policies'
)
BEGIN
    INSERT INTO [__EFMigrationsHistory] ([MigrationId], [ProductVersion])
    VALUES (N'20261120223727_Policies', N'10.0.14');
END;

COMMIT;
GO

BEGIN TRANSACTION;
IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    EXEC sp_rename N'[LinkState].[DeleteApprovalUntil]', N'MailsSince', 'COLUMN';
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [SyncTarget] ADD [AllChangedMinimum] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [SyncTarget] ADD [ChangeGuardCount] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [SyncTarget] ADD [ChangeGuardMinimum] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [SyncTarget] ADD [ChangeGuardPercent] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [SyncTarget] ADD [DeleteGuardCount] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [SyncTarget] ADD [MailsPerHour] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [SyncTarget] ADD [RewritesPerHour] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [SyncLink] ADD [ChangeGuardCount] int NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [SyncLink] ADD [ChangeGuardPercent] int NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [SyncLink] ADD [DeleteGuardCount] int NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [SyncLink] ADD [DeleteGuardPercent] int NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [SyncLink] ADD [MailsPerHour] int NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [LinkState] ADD [Approvals] nvarchar(max) NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [LinkState] ADD [Holds] nvarchar(max) NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [LinkState] ADD [MailsSent] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [LinkState] ADD [RunChanges] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [ItemLink] ADD [Churn] nvarchar(max) NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [ItemLink] ADD [QuarantineReason] nvarchar(max) NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    ALTER TABLE [ItemLink] ADD [QuarantinedAt] datetime2 NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    EXEC(N'CREATE INDEX [IX_ItemLink_LinkId_QuarantinedAt] ON [ItemLink] ([LinkId], [QuarantinedAt]) WHERE "QuarantinedAt" IS NOT NULL');
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120230736_Guards'
)
BEGIN
    INSERT INTO [__EFMigrationsHistory] ([MigrationId], [ProductVersion])
    VALUES (N'20261120230736_Guards', N'10.0.14');
END;

COMMIT;
GO

BEGIN TRANSACTION;
IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120233103_DryRuns'
)
BEGIN
    ALTER TABLE [SyncLink] ADD [FirstSync] int NOT NULL DEFAULT 0;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120233103_DryRuns'
)
BEGIN
    ALTER TABLE [SyncLink] ADD [StartDate] date NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120233103_DryRuns'
)
BEGIN
    ALTER TABLE [LinkState] ADD [Plan] nvarchar(max) NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120233103_DryRuns'
)
BEGIN
    ALTER TABLE [LinkState] ADD [RunTally] nvarchar(max) NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120233103_DryRuns'
)
BEGIN
    CREATE TABLE [DryRun] (
        [Id] uniqueidentifier NOT NULL,
        [LinkId] uniqueidentifier NOT NULL,
        [State] int NOT NULL,
        [By] nvarchar(300) NOT NULL,
        [StartedAt] datetime2 NOT NULL,
        [UpdatedAt] datetime2 NOT NULL,
        [Read] int NOT NULL,
        [IsCancelling] bit NOT NULL,
        [Error] nvarchar(max) NULL,
        [Result] nvarchar(max) NULL,
        CONSTRAINT [PK_DryRun] PRIMARY KEY ([Id])
    );
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120233103_DryRuns'
)
BEGIN
    CREATE INDEX [IX_DryRun_LinkId_StartedAt] ON [DryRun] ([LinkId], [StartedAt]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120233103_DryRuns'
)
BEGIN
    INSERT INTO [__EFMigrationsHistory] ([MigrationId], [ProductVersion])
    VALUES (N'20261120233103_DryRuns', N'10.0.14');
END;

COMMIT;
GO

BEGIN TRANSACTION;
IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120235430_History'
)
BEGIN
    ALTER TABLE [ItemHistory] ADD [RunId] uniqueidentifier NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120235430_History'
)
BEGIN
    ALTER TABLE [ItemHistory] ADD [Side] nvarchar(20) NOT NULL DEFAULT N'';
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120235430_History'
)
BEGIN
    ALTER TABLE [Activity] ADD [RunId] uniqueidentifier NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120235430_History'
)
BEGIN
    CREATE INDEX [IX_ItemHistory_RunId_At] ON [ItemHistory] ([RunId], [At]);
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261120235430_History'
)
BEGIN
    INSERT INTO [__EFMigrationsHistory] ([MigrationId], [ProductVersion])
    VALUES (N'20261120235430_History', N'10.0.14');
END;

COMMIT;
GO

BEGIN TRANSACTION;
IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261128205007_UpdatesInDoubt'
)
BEGIN
    ALTER TABLE [ItemLink] ADD [SentSnapshot] nvarchar(max) NULL;
END;

IF NOT EXISTS (
    SELECT * FROM [__EFMigrationsHistory]
    WHERE [MigrationId] = N'20261128205007_UpdatesInDoubt'
)
BEGIN
    INSERT INTO [__EFMigrationsHistory] ([MigrationId], [ProductVersion])
    VALUES (N'20261128205007_UpdatesInDoubt', N'10.0.14');
END;

COMMIT;
GO
