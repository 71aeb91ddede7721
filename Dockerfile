# The server as an image. It uses your PostgreSQL (DATABASE_URL) and contains none.
#
#   docker build -t talad .

FROM node:26-bookworm AS build
WORKDIR /source
COPY . .
RUN npm ci && npm run pack

FROM node:26-bookworm-slim
COPY --from=build /source/dist/talad-*.tgz /tmp/
# Without optional packages: they are the binaries of PostgreSQL.
RUN mkdir /opt/talad && cd /opt/talad \
  && npm install --omit=optional --no-audit --no-fund /tmp/talad-*.tgz \
  && npm cache clean --force && rm /tmp/talad-*.tgz \
  && install -d -o node -g node -m 700 /var/lib/talad
ENV HOST=0.0.0.0 PORT=3000 TALAD_DATA_DIR=/var/lib/talad TALAD_CONTAINER=1 NODE_ENV=production
# For docker exec: talad doctor.
ENV PATH=$PATH:/opt/talad/node_modules/.bin
USER node
WORKDIR /var/lib/talad
# The root file system may be read-only. Only the file of erased customers is written, to this volume.
VOLUME /var/lib/talad
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node.js is process 1 and handles the signals: a stop finishes the running requests.
ENTRYPOINT ["node", "/opt/talad/node_modules/talad/server/talad.js"]
CMD ["serve"]
