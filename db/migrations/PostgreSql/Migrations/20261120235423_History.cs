using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CrmSync.Migrations.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class History : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "RunId",
                table: "ItemHistory",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Side",
                table: "ItemHistory",
                type: "character varying(20)",
                maxLength: 20,
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<Guid>(
                name: "RunId",
                table: "Activity",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_ItemHistory_RunId_At",
                table: "ItemHistory",
                columns: new[] { "RunId", "At" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_ItemHistory_RunId_At",
                table: "ItemHistory");

            migrationBuilder.DropColumn(
                name: "RunId",
                table: "ItemHistory");

            migrationBuilder.DropColumn(
                name: "Side",
                table: "ItemHistory");

            migrationBuilder.DropColumn(
                name: "RunId",
                table: "Activity");
        }
    }
}
