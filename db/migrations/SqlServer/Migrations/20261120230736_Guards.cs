using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CrmSync.Migrations.SqlServer.Migrations
{
    /// <inheritdoc />
    public partial class Guards : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.RenameColumn(
                name: "DeleteApprovalUntil",
                table: "LinkState",
                newName: "MailsSince");

            migrationBuilder.AddColumn<int>(
                name: "AllChangedMinimum",
                table: "SyncTarget",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "ChangeGuardCount",
                table: "SyncTarget",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "ChangeGuardMinimum",
                table: "SyncTarget",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "ChangeGuardPercent",
                table: "SyncTarget",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "DeleteGuardCount",
                table: "SyncTarget",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "MailsPerHour",
                table: "SyncTarget",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "RewritesPerHour",
                table: "SyncTarget",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "ChangeGuardCount",
                table: "SyncLink",
                type: "int",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "ChangeGuardPercent",
                table: "SyncLink",
                type: "int",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "DeleteGuardCount",
                table: "SyncLink",
                type: "int",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "DeleteGuardPercent",
                table: "SyncLink",
                type: "int",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "MailsPerHour",
                table: "SyncLink",
                type: "int",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Approvals",
                table: "LinkState",
                type: "nvarchar(max)",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Holds",
                table: "LinkState",
                type: "nvarchar(max)",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "MailsSent",
                table: "LinkState",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "RunChanges",
                table: "LinkState",
                type: "int",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "Churn",
                table: "ItemLink",
                type: "nvarchar(max)",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "QuarantineReason",
                table: "ItemLink",
                type: "nvarchar(max)",
                nullable: true);

            migrationBuilder.AddColumn<DateTime>(
                name: "QuarantinedAt",
                table: "ItemLink",
                type: "datetime2",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_ItemLink_LinkId_QuarantinedAt",
                table: "ItemLink",
                columns: new[] { "LinkId", "QuarantinedAt" },
                filter: "\"QuarantinedAt\" IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_ItemLink_LinkId_QuarantinedAt",
                table: "ItemLink");

            migrationBuilder.DropColumn(
                name: "AllChangedMinimum",
                table: "SyncTarget");

            migrationBuilder.DropColumn(
                name: "ChangeGuardCount",
                table: "SyncTarget");

            migrationBuilder.DropColumn(
                name: "ChangeGuardMinimum",
                table: "SyncTarget");

            migrationBuilder.DropColumn(
                name: "ChangeGuardPercent",
                table: "SyncTarget");

            migrationBuilder.DropColumn(
                name: "DeleteGuardCount",
                table: "SyncTarget");

            migrationBuilder.DropColumn(
                name: "MailsPerHour",
                table: "SyncTarget");

            migrationBuilder.DropColumn(
                name: "RewritesPerHour",
                table: "SyncTarget");

            migrationBuilder.DropColumn(
                name: "ChangeGuardCount",
                table: "SyncLink");

            migrationBuilder.DropColumn(
                name: "ChangeGuardPercent",
                table: "SyncLink");

            migrationBuilder.DropColumn(
                name: "DeleteGuardCount",
                table: "SyncLink");

            migrationBuilder.DropColumn(
                name: "DeleteGuardPercent",
                table: "SyncLink");

            migrationBuilder.DropColumn(
                name: "MailsPerHour",
                table: "SyncLink");

            migrationBuilder.DropColumn(
                name: "Approvals",
                table: "LinkState");

            migrationBuilder.DropColumn(
                name: "Holds",
                table: "LinkState");

            migrationBuilder.DropColumn(
                name: "MailsSent",
                table: "LinkState");

            migrationBuilder.DropColumn(
                name: "RunChanges",
                table: "LinkState");

            migrationBuilder.DropColumn(
                name: "Churn",
                table: "ItemLink");

            migrationBuilder.DropColumn(
                name: "QuarantineReason",
                table: "ItemLink");

            migrationBuilder.DropColumn(
                name: "QuarantinedAt",
                table: "ItemLink");

            migrationBuilder.RenameColumn(
                name: "MailsSince",
                table: "LinkState",
                newName: "DeleteApprovalUntil");
        }
    }
}
