using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CrmSync.Migrations.Sqlite.Migrations
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
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "FieldPolicies",
                table: "SyncTarget",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "CrmWon",
                table: "SyncConflict",
                type: "TEXT",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<DateTime>(
                name: "DecidedAt",
                table: "SyncConflict",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "Kind",
                table: "SyncConflict",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "Contested",
                table: "ItemLink",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<Guid>(
                name: "OpenConflictId",
                table: "ItemLink",
                type: "TEXT",
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
        }
    }
}
