import { configureStore, createListenerMiddleware, isAnyOf } from '@reduxjs/toolkit';
import { useDispatch, useSelector } from 'react-redux';
import { api } from '../api/api.ts';
import { uploads } from '../features/uploads/uploads.ts';
import {
  languageChosen,
  layoutChosen,
  loadPreferences,
  preferences,
  savePreferences,
} from './preferences.ts';

const listener = createListenerMiddleware();

listener.startListening({
  matcher: isAnyOf(languageChosen, layoutChosen),
  effect: (_, { getState }) => savePreferences((getState() as RootState).preferences),
});

export function createStore() {
  return configureStore({
    reducer: {
      [api.reducerPath]: api.reducer,
      [preferences.reducerPath]: preferences.reducer,
      [uploads.reducerPath]: uploads.reducer,
    },
    preloadedState: { preferences: loadPreferences() },
    middleware: (defaults) => defaults().prepend(listener.middleware).concat(api.middleware),
  });
}

export type Store = ReturnType<typeof createStore>;
export type RootState = ReturnType<Store['getState']>;

export const useAppDispatch = useDispatch.withTypes<Store['dispatch']>();
export const useAppSelector = useSelector.withTypes<RootState>();
