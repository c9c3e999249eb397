using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CrmSync.Migrations.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class Policies : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "DeletePolicy",
                table: "SyncTarget",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "FieldPolicies",
                table: "SyncTarget",
                type: "text",
                nullable: true);

            migrationBuilder.AlterColumn<string>(
                name: "Decision",
                table: "SyncConflict",
                type: "character varying(1000)",
                maxLength: 1000,
                nullable: false,
                oldClrType: typeof(string),
                oldType: "character varying(100)",
                oldMaxLength: 100);

            migrationBuilder.AddColumn<string>(
                name: "CrmWon",
                table: "SyncConflict",
                type: "text",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<DateTime>(
                name: "DecidedAt",
                table: "SyncConflict",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "Kind",
                table: "SyncConflict",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "Contested",
                table: "ItemLink",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<Guid>(
                name: "OpenConflictId",
                table: "ItemLink",
                type: "uuid",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "DeletePolicy",
                table: "SyncTarget");

            migrationBuilder.DropColumn(
                name: "FieldPolicies",
                table: "SyncTarget");

            migrationBuilder.DropColumn(
                name: "CrmWon",
                table: "SyncConflict");

            migrationBuilder.DropColumn(
                name: "DecidedAt",
                table: "SyncConflict");

            migrationBuilder.DropColumn(
                name: "Kind",
                table: "SyncConflict");

            migrationBuilder.DropColumn(
                name: "Contested",
                table: "ItemLink");

            migrationBuilder.DropColumn(
                name: "OpenConflictId",
                table: "ItemLink");

            migrationBuilder.AlterColumn<string>(
                name: "Decision",
                table: "SyncConflict",
                type: "character varying(100)",
                maxLength: 100,
                nullable: false,
                oldClrType: typeof(string),
                oldType: "character varying(1000)",
                oldMaxLength: 1000);
        }
    }
}
