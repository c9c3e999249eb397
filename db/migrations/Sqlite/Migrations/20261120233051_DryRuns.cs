using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CrmSync.Migrations.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class DryRuns : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "FirstSync",
                table: "SyncLink",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<DateOnly>(
                name: "StartDate",
                table: "SyncLink",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Plan",
                table: "LinkState",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "RunTally",
                table: "LinkState",
                type: "TEXT",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "DryRun",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    LinkId = table.Column<Guid>(type: "TEXT", nullable: false),
                    State = table.Column<int>(type: "INTEGER", nullable: false),
                    By = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false),
                    StartedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    UpdatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    Read = table.Column<int>(type: "INTEGER", nullable: false),
                    IsCancelling = table.Column<bool>(type: "INTEGER", nullable: false),
                    Error = table.Column<string>(type: "TEXT", nullable: true),
                    Result = table.Column<string>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_DryRun", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_DryRun_LinkId_StartedAt",
                table: "DryRun",
                columns: new[] { "LinkId", "StartedAt" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "DryRun");

            migrationBuilder.DropColumn(
                name: "FirstSync",
                table: "SyncLink");

            migrationBuilder.DropColumn(
                name: "StartDate",
                table: "SyncLink");

            migrationBuilder.DropColumn(
                name: "Plan",
                table: "LinkState");

            migrationBuilder.DropColumn(
                name: "RunTally",
                table: "LinkState");
        }
    }
}
